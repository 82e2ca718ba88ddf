/*
 * load.c: the program `load`: a run of the engine against any server that
 * echoes, or a search made of many, and the result for people to read.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/load/load.h"

/* Set by the first Ctrl-C: finish and print what there is. */
static volatile sig_atomic_t interrupted;

static void
interrupt(int signal_number)
{
    if (interrupted) {
        _exit(128 + signal_number);
    }
    interrupted = 1;
}

static void
show_progress(uint64_t echoes, double done, void *arg)
{
    char text[UNITS_TEXT_BYTES];
    (void)arg;
    fprintf(stderr, "\r\033[K%3.0f %%  %s echoes", 100 * done,
            units_format_count(text, (double)echoes));
}

static bool
wants_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) &&
           (no_colour == NULL || no_colour[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

/* Open a file that will be written; NULL if none was asked for. */
static FILE *
open_file(const char *path)
{
    FILE *file = path != NULL ? fopen(path, "we") : NULL;
    if (path != NULL && file == NULL) {
        fprintf(stderr, "load: %s: %s\n", path, strerror(errno));
        exit(EXIT_NO_MEASURE);
    }
    return file;
}

/* Close a file that was written, if there is one. Returns true if all of it
 * was. */
static bool
finish_file(FILE *file, const char *path)
{
    if (file == NULL) {
        return true;
    }
    bool good = ferror(file) == 0;
    good = fclose(file) == 0 && good;
    if (!good) {
        fprintf(stderr, "load: %s: %s\n", path, strerror(errno));
    }
    return good;
}

/* One run, its summary and its files. Returns the exit status. */
static int
run_once(struct load_arguments *arguments, bool progress)
{
    static struct saved_run run;
    struct engine_options *options = &arguments->options;
    struct engine_result *result = &run.result;
    struct timespec now;
    /* A path that cannot be written is better known at once. */
    FILE *histogram = open_file(arguments->histogram_file);
    FILE *save = open_file(arguments->save_file);
    clock_gettime(CLOCK_REALTIME, &now);
    run.begun_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / NS_PER_MS;
    run.options = *options;
    snprintf(run.target, sizeof run.target, "%s", arguments->target);
    options->on_progress = progress ? show_progress : NULL;
    int status = crew_run(options, arguments->threads, result);
    if (progress) {
        fputs("\r\033[K", stderr);
    }
    if (status != 0) {
        fprintf(stderr, "load: cannot start: %s\n", strerror(errno));
        return EXIT_NO_MEASURE;
    }
    summary_print(stdout, arguments->target, options, result, wants_colour());
    if (histogram != NULL) {
        percentiles_write(histogram, options->rate_per_s > 0
                                         ? &result->response
                                         : &result->latency);
    }
    if (save != NULL) {
        saved_write(save, &run);
    }
    bool written = finish_file(histogram, arguments->histogram_file);
    written = finish_file(save, arguments->save_file) && written;
    return written ? summary_exit_status(result) : EXIT_NO_MEASURE;
}

int
main(int argc, char **argv)
{
    struct load_arguments arguments = arguments_read(argc, argv);
    struct sigaction action = {.sa_handler = interrupt};
    const struct engine_options *options = &arguments.options;
    int needed = engine_descriptors_needed(options) + arguments.threads - 1;
    rlim_t limit = descriptors_raise();
    /* A run that would fail half-way for want of them is not begun. */
    if (limit != RLIM_INFINITY && limit < (rlim_t)needed) {
        fprintf(stderr,
                "load: %d clients need %d descriptors, but this process may "
                "have only %llu; raise the hard limit (ulimit -Hn) or ask "
                "for fewer clients\n",
                options->clients + options->silent_clients, needed,
                (unsigned long long)limit);
        return EXIT_NO_MEASURE;
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    arguments.options.interrupted = &interrupted;
    bool progress = isatty(STDERR_FILENO);
    int status = arguments.slo_ns != 0 ? search_run(&arguments, progress)
                                       : run_once(&arguments, progress);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "load: standard output: %s\n", strerror(errno));
        return EXIT_NO_MEASURE;
    }
    return status;
}
