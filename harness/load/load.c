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

/* What a run is written to; NULL for what is not. */
struct files {
    FILE *histogram; /* curve of percentiles */
    FILE *save;      /* all that was seen */
};

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
catch_signals(void)
{
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* A run that would fail half-way for want of descriptors is not begun. */
static void
check_descriptors(const struct engine_options *options, int threads)
{
    rlim_t limit = descriptors_raise();
    int needed = crew_descriptors_needed(options, threads);
    if (limit == RLIM_INFINITY || limit >= (rlim_t)needed) {
        return;
    }
    fprintf(stderr,
            "load: %d clients need %d descriptors, but this process may have "
            "only %llu; raise the hard limit (ulimit -Hn) or ask for fewer "
            "clients\n",
            options->clients + options->silent_clients, needed,
            (unsigned long long)limit);
    exit(EXIT_NO_MEASURE);
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

/* Close a file that was written. Returns true if all of it was. */
static bool
finish_file(FILE *file, const char *path)
{
    bool good = ferror(file) == 0;
    good = fclose(file) == 0 && good;
    if (!good) {
        fprintf(stderr, "load: %s: %s\n", path, strerror(errno));
    }
    return good;
}

static FILE *
open_file(const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        fprintf(stderr, "load: %s: %s\n", path, strerror(errno));
        exit(EXIT_NO_MEASURE);
    }
    return file;
}

/* Write the files that were asked for, which were opened before the run: a
 * path that cannot be written is better known at once. Returns true if all
 * went well. */
static bool
write_files(const struct load_arguments *arguments, struct files *files,
            const struct saved_run *run)
{
    bool good = true;
    if (files->histogram != NULL) {
        percentiles_write(files->histogram, arguments->options.rate_per_s > 0
                                                ? &run->result.response
                                                : &run->result.latency);
        good = finish_file(files->histogram, arguments->histogram_file);
    }
    if (files->save != NULL) {
        saved_write(files->save, run);
        good = finish_file(files->save, arguments->save_file) && good;
    }
    return good;
}

/* The exit status, unless what was printed could not be written. */
static int
flushed(int status)
{
    if (fflush(stdout) != 0) {
        fprintf(stderr, "load: standard output: %s\n", strerror(errno));
        return EXIT_NO_MEASURE;
    }
    return status;
}

/* Open what will be written, if it was asked for. */
static void
open_files(const struct load_arguments *arguments, struct files *files)
{
    if (arguments->histogram_file != NULL) {
        files->histogram = open_file(arguments->histogram_file);
    }
    if (arguments->save_file != NULL) {
        files->save = open_file(arguments->save_file);
    }
}

/* What is known of a run before it begins. */
static void
begin_run(const struct load_arguments *arguments, struct saved_run *run)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    run->begun_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
    run->options = arguments->options;
    snprintf(run->target, sizeof run->target, "%s", arguments->target);
}

/* One run, its summary and its files. Returns the exit status. */
static int
run_once(struct load_arguments *arguments, bool progress)
{
    static struct saved_run run;
    struct files files = {NULL, NULL};
    open_files(arguments, &files);
    if (progress) {
        arguments->options.on_progress = show_progress;
    }
    begin_run(arguments, &run);
    int status =
        crew_run(&arguments->options, arguments->threads, &run.result);
    if (progress) {
        fputs("\r\033[K", stderr);
    }
    if (status != 0) {
        fprintf(stderr, "load: cannot start: %s\n", strerror(errno));
        return EXIT_NO_MEASURE;
    }
    summary_print(stdout, arguments->target, &arguments->options, &run.result,
                  wants_colour());
    return write_files(arguments, &files, &run)
               ? summary_exit_status(&run.result)
               : EXIT_NO_MEASURE;
}

int
main(int argc, char **argv)
{
    struct load_arguments arguments;
    arguments_read(argc, argv, &arguments);
    check_descriptors(&arguments.options, arguments.threads);
    catch_signals();
    arguments.options.interrupted = &interrupted;
    bool progress = isatty(STDERR_FILENO);
    return flushed(arguments.slo_ns != 0 ? search_run(&arguments, progress)
                                         : run_once(&arguments, progress));
}
