/*
 * test_contract.c: parsing, ranges, the ready line, registration, the stop.
 *
 * Every test runs in a process of its own (Check forks), and so has its own
 * contract, its own signal handlers and its own limits.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/contract/contract.h"
#include "tests/unit/run_suite.h"

enum {
    ARGS_MAX = 24
};

/* contract_parse with these words, which have a bar between them. */
static const struct contract_options *
parse(const char *words)
{
    static char copy[256];
    char *argv[ARGS_MAX] = {(char *)"tested"};
    char *rest = copy;
    int argc = 1;

    snprintf(copy, sizeof copy, "%s", words);
    while (rest && *rest) {
        ck_assert_int_lt(argc, ARGS_MAX - 1);
        argv[argc++] = strsep(&rest, "|");
    }
    return contract_parse("tested", NULL, argc, argv);
}

/* Listen on any port, with these flags. Returns the listener. */
static int
listen_with(const char *flags)
{
    char words[64];

    snprintf(words, sizeof words, "--port=0|%s", flags);
    parse(words);
    return contract_listen();
}

/* The sentences that these tests provoke would only frighten whoever runs
 * them; tests/conformance reads them. */
static void
hide_stderr(void)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

/* ---- flags ------------------------------------------------------------- */

/* What the fields are without any flag, with all of them, with the short
 * ones. */
static const struct {
    const char *words;
    struct contract_options sets;
} command_lines[] = {
    {"",
     {"tested", "127.0.0.1", 5566, 4096, .handshake_timeout_ms = 5000,
      .grace_ms = 1000}},
    {"--address=::1|--port=65535|--backlog=7|--handshake|"
     "--handshake-timeout=8|--idle-timeout=9|--delay=10|--work=11|"
     "--max-clients=12|--sndbuf=13|--rcvbuf=14|--grace=15|--stats|--verbose",
     {"tested", "::1", 65535, 7, true, 8, 9, 10, 11, 12, 13, 14, 15, true,
      true}},
    {"-a|127.0.0.2|-p|0|-b|3|-v",
     {"tested", "127.0.0.2", 0, 3, .handshake_timeout_ms = 5000,
      .grace_ms = 1000, .verbose = true}},
};

TEST_EACH(test_flags_set_their_fields, command_lines)
{
    const struct contract_options *sets = &command_lines[_i].sets;
    const struct contract_options *options = parse(command_lines[_i].words);

    ck_assert_str_eq(options->model, sets->model);
    ck_assert_str_eq(options->address, sets->address);
    ck_assert_int_eq(options->port, sets->port);
    ck_assert_int_eq(options->backlog, sets->backlog);
    ck_assert(options->handshake == sets->handshake);
    ck_assert_int_eq(options->handshake_timeout_ms,
                     sets->handshake_timeout_ms);
    ck_assert_int_eq(options->idle_timeout_ms, sets->idle_timeout_ms);
    ck_assert_int_eq(options->delay_ms, sets->delay_ms);
    ck_assert_int_eq(options->work_us, sets->work_us);
    ck_assert_int_eq(options->max_clients, sets->max_clients);
    ck_assert_int_eq(options->sndbuf_bytes, sets->sndbuf_bytes);
    ck_assert_int_eq(options->rcvbuf_bytes, sets->rcvbuf_bytes);
    ck_assert_int_eq(options->grace_ms, sets->grace_ms);
    ck_assert(options->stats == sets->stats);
    ck_assert(options->verbose == sets->verbose);
}

/* Each of these ends with status 2; which words are in the sentence is
 * checked from outside, in tests/conformance. */
static const char *const bad_flags[] = {
    "--port=65536",       "--port=-1",        "--port=",
    "--port=12x",         "--port=0x10",      "--port=99999999999999999999",
    "--backlog=0",        "--backlog=65536",  "--handshake-timeout=0",
    "--idle-timeout=-5",  "--delay=1.5",      "--work=10000001",
    "--max-clients=-1",   "--sndbuf=abc",     "--rcvbuf=2147483648",
    "--grace=3600001",    "--no-such-flag",   "surplus",
    "--address=12.34.56", "--address=a.host", "--port= ",
};

TEST_EXITS(test_G11_bad_usage_ends_with_status_2, 2, ROWS(bad_flags))
{
    hide_stderr();
    parse(bad_flags[_i]);
    contract_listen(); /* an address is only looked at here */
}

/* ---- the handshake's line ---------------------------------------------- */

static const struct {
    const char *bytes; /* what came in */
    size_t nbytes;     /* how much of it */
    enum contract_hello answer;
    size_t line_bytes; /* if the answer is GOOD */
} hellos[] = {
    {"", 0, CONTRACT_HELLO_PARTIAL, 0},
    {"hello", 5, CONTRACT_HELLO_PARTIAL, 0},
    {"x", 1, CONTRACT_HELLO_PARTIAL, 0},
    {"hello\n", 6, CONTRACT_HELLO_GOOD, 6},
    {"hello\nmore\n", 11, CONTRACT_HELLO_GOOD, 6},
    {"hello\r\n", 7, CONTRACT_HELLO_GOOD, 7},
    {" \t\v\fhello  \r\n", 13, CONTRACT_HELLO_GOOD, 13},
    {"\n", 1, CONTRACT_HELLO_BAD, 0},
    {"\nhello\n", 7, CONTRACT_HELLO_BAD, 0},
    {"   \n", 4, CONTRACT_HELLO_BAD, 0},
    {"hell\n", 5, CONTRACT_HELLO_BAD, 0},
    {"helloo\n", 7, CONTRACT_HELLO_BAD, 0},
    {"Hello\n", 6, CONTRACT_HELLO_BAD, 0},
    {"hel lo\n", 7, CONTRACT_HELLO_BAD, 0},
    {"hello\0\n", 7, CONTRACT_HELLO_BAD, 0},
    {"\0hello\n", 7, CONTRACT_HELLO_BAD, 0},
    {"hello hello\n", 12, CONTRACT_HELLO_BAD, 0},
};

TEST_EACH(test_H02_the_line_is_hello_or_it_is_not, hellos)
{
    size_t line_bytes = 0;

    ck_assert_int_eq(
        contract_hello(hellos[_i].bytes, hellos[_i].nbytes, &line_bytes),
        hellos[_i].answer);
    ck_assert_uint_eq(line_bytes, hellos[_i].line_bytes);
}

TEST(test_H03_a_line_is_64_bytes_at_the_most)
{
    char bytes[CONTRACT_LINE_BYTES + 2];
    size_t line_bytes = 0;

    memset(bytes, ' ', sizeof bytes);
    ck_assert_int_eq(contract_hello(bytes, CONTRACT_LINE_BYTES, &line_bytes),
                     CONTRACT_HELLO_PARTIAL);
    ck_assert_int_eq(
        contract_hello(bytes, CONTRACT_LINE_BYTES + 1, &line_bytes),
        CONTRACT_HELLO_BAD);
    stpncpy(bytes, "hello", 5);
    bytes[CONTRACT_LINE_BYTES] = '\n';
    ck_assert_int_eq(
        contract_hello(bytes, CONTRACT_LINE_BYTES + 1, &line_bytes),
        CONTRACT_HELLO_GOOD);
    ck_assert_uint_eq(line_bytes, CONTRACT_LINE_BYTES + 1);
    /* One space more, and the newline comes too late. */
    bytes[CONTRACT_LINE_BYTES] = ' ';
    bytes[CONTRACT_LINE_BYTES + 1] = '\n';
    ck_assert_int_eq(
        contract_hello(bytes, CONTRACT_LINE_BYTES + 2, &line_bytes),
        CONTRACT_HELLO_BAD);
}

/* ---- errors of accept -------------------------------------------------- */

TEST(test_B01_errors_of_one_connection_are_passed_over)
{
    const int passed_over[] = {
        EINTR,     ECONNABORTED, EPROTO, ENETDOWN,     ENOPROTOOPT,
        EHOSTDOWN, ENONET,       EPERM,  EHOSTUNREACH, EOPNOTSUPP,
    };

    for (int i = 0; i < ROWS(passed_over); i++) {
        ck_assert_int_eq(contract_accept_error(passed_over[i]), 0);
    }
    ck_assert_int_eq(contract_accept_error(EAGAIN), 0);
}

/* One that comes again and again belongs to no connection. */
TEST(test_B01_an_error_that_never_ends_pauses)
{
    int errors = 0;
    int sockets[2];

    parse("--port=0");
    while (contract_accept_error(EPERM) == 0) {
        ck_assert_int_lt(errors++, 1000);
    }
    ck_assert_int_gt(errors, 20);
    ck_assert_int_eq(contract_accept_error(EPERM), CONTRACT_ACCEPT_PAUSE_MS);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    ck_assert(contract_client_opened(sockets[0]));
    ck_assert_int_eq(contract_accept_error(EPERM), 0);
}

TEST(test_B02_running_out_pauses_and_so_does_the_unknown)
{
    const int pauses[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM, EINVAL, EBADF};

    for (int i = 0; i < ROWS(pauses); i++) {
        ck_assert_int_eq(contract_accept_error(pauses[i]),
                         CONTRACT_ACCEPT_PAUSE_MS);
    }
}

TEST(test_an_errno_of_recv_or_send_is_an_end)
{
    ck_assert_int_eq(contract_end_of_recv(EAGAIN), CONTRACT_TIMEOUT);
    ck_assert_int_eq(contract_end_of_recv(ECONNRESET), CONTRACT_ERROR);
    ck_assert_int_eq(contract_end_of_recv(ETIMEDOUT), CONTRACT_ERROR);
    ck_assert_int_eq(contract_end_of_send(EAGAIN), CONTRACT_UNSENT);
    ck_assert_int_eq(contract_end_of_send(EPIPE), CONTRACT_ERROR);
    ck_assert_int_eq(contract_end_of_send(ENOBUFS), CONTRACT_ERROR);
}

/* ---- the listener and its ready line ----------------------------------- */

/* From now on standard output goes into a pipe; returns its other end. */
static int
capture_stdout(void)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    fflush(stdout);
    ck_assert_int_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    close(ends[1]);
    return ends[0];
}

TEST(test_clients_inherit_the_options)
{
    const struct {
        int level, name, low; /* the option, and the least it may be */
    } options[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},   {SOL_SOCKET, SO_REUSEADDR, 1},
        {IPPROTO_TCP, TCP_NODELAY, 1},   {SOL_SOCKET, SO_SNDBUF, 300000},
        {SOL_SOCKET, SO_RCVBUF, 200000},
    };

    int listen_fd = listen_with("--sndbuf=150000|--rcvbuf=100000");
    for (int i = 0; i < ROWS(options); i++) {
        int value = 0;
        socklen_t value_bytes = sizeof value;
        ck_assert_int_eq(getsockopt(listen_fd, options[i].level,
                                    options[i].name, &value, &value_bytes),
                         0);
        ck_assert_msg(value >= options[i].low, "option %d is %d",
                      options[i].name, value);
    }
}

TEST(test_the_limit_of_descriptors_is_raised)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_max = limit.rlim_max > 500 ? 500 : limit.rlim_max;
    limit.rlim_cur = limit.rlim_max / 2;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    parse("");
    getrlimit(RLIMIT_NOFILE, &limit);
    ck_assert_uint_eq(limit.rlim_cur, limit.rlim_max);
}

TEST(test_G09_missing_standard_streams_are_filled_in)
{
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    int listen_fd = listen_with("");
    if (listen_fd <= STDERR_FILENO) {
        _exit(1);
    }
}

/* ---- clients and the stop ---------------------------------------------- */

static int client[2]; /* [0]: the server's side; [1]: the client's */

static void
open_client(void)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, client), 0);
    ck_assert(contract_client_opened(client[0]));
}

/* Whether recv on `fd` would return now, and with what. */
static ssize_t
peek(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
}

TEST(test_a_stop_ends_the_reading_side_of_open_clients)
{
    char bytes[10];

    int listen_fd = listen_with("");
    open_client();
    ck_assert_int_eq(write(client[1], "abc", 3), 3);
    ck_assert(!contract_stopping());
    raise(SIGTERM);
    ck_assert(contract_stopping());
    /* What had arrived is still there, then comes the end. */
    ck_assert_int_eq(recv(client[0], bytes, sizeof bytes, 0), 3);
    ck_assert_int_eq(recv(client[0], bytes, sizeof bytes, 0), 0);
    /* And it can still be answered. */
    ck_assert_int_eq(send(client[0], "abc", 3, MSG_NOSIGNAL), 3);
    ck_assert_int_eq(accept(listen_fd, NULL, NULL), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(contract_accept_error(EINVAL), -1);
}

/* alarm(2) survives exec, whoever has called it. */
TEST(test_G02_an_alarm_of_others_ends_nothing)
{
    listen_with("");
    open_client();
    raise(SIGALRM);
    ck_assert_int_eq(peek(client[0]), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

TEST(test_a_client_that_comes_during_a_stop_is_ended_too)
{
    listen_with("");
    raise(SIGINT);
    open_client();
    ck_assert_int_eq(peek(client[0]), 0);
}

TEST(test_a_client_that_has_closed_is_left_alone)
{
    listen_with("");
    open_client();
    contract_client_closed(client[0], CONTRACT_EOF);
    raise(SIGTERM);
    ck_assert_int_eq(peek(client[0]), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

TEST(test_a_listener_that_comes_after_the_stop_is_shut_down)
{
    parse("--port=0");
    raise(SIGTERM);
    ck_assert_int_eq(accept(contract_listen(), NULL, NULL), -1);
    ck_assert_int_eq(errno, EINVAL);
}

/* Wait in poll, which signal handlers interrupt. */
static void
wait_ms(int time_ms)
{
    struct timespec left = {.tv_nsec = time_ms * 1000000L};

    while (nanosleep(&left, &left) == -1) {
    }
}

TEST(test_a_client_that_comes_after_the_cut_is_cut_too)
{
    listen_with("--grace=1");
    open_client();
    raise(SIGTERM);
    while (peek(client[1]) == -1) { /* until the cut */
        wait_ms(1);
    }
    open_client();
    ck_assert_int_eq(send(client[0], "x", 1, MSG_NOSIGNAL), -1);
    ck_assert_int_eq(errno, EPIPE);
}

/* Standard output is a pipe that is full and that nobody reads. */
TEST_EXITS(test_counters_that_nobody_reads_do_not_hold_up_the_stop, 0, 1)
{
    char bytes[4096] = {0};

    capture_stdout();
    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
    while (write(STDOUT_FILENO, bytes, sizeof bytes) != -1) {
    }
    fcntl(STDOUT_FILENO, F_SETFL, 0);
    listen_with("--stats|--grace=10");
    raise(SIGTERM);
    contract_finish();
    _exit(9); /* it cannot come back */
}

TEST_EXITS(test_G06_a_second_signal_ends_at_once, 128 + SIGINT, 1)
{
    listen_with("--grace=30000");
    raise(SIGTERM);
    raise(SIGINT);
}

TEST(test_signals_that_were_blocked_are_heard)
{
    sigset_t signals;

    sigfillset(&signals);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    parse("--port=0");
    raise(SIGTERM);
    ck_assert(contract_stopping());
}

TEST(test_B05_more_than_max_clients_are_refused)
{
    int third[2];

    parse("--max-clients=2");
    open_client();
    int first = client[0];
    open_client();
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, third), 0);
    ck_assert(!contract_client_opened(third[0]));
    contract_client_closed(first, CONTRACT_EOF);
    ck_assert(contract_client_opened(third[0]));
}

/* A connection whose both sides have all that was sent. Returns the server's
 * side, and the client's in `other_fd`. */
static int
connect_over_tcp(int listen_fd, int *other_fd)
{
    struct sockaddr_in address;
    socklen_t address_bytes = sizeof address;
    char bytes[3];

    *other_fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(
        getsockname(listen_fd, (struct sockaddr *)&address, &address_bytes),
        0);
    ck_assert_int_eq(
        connect(*other_fd, (struct sockaddr *)&address, address_bytes), 0);
    int conn_fd = accept(listen_fd, NULL, NULL);
    ck_assert(contract_client_opened(conn_fd));
    ck_assert_int_eq(send(conn_fd, "abc", 3, 0), 3);
    ck_assert_int_eq(recv(*other_fd, bytes, 3, MSG_WAITALL), 3);
    return conn_fd;
}

/* The kernel owes this client nothing; only the reason tells that the server
 * does. */
static const struct {
    enum contract_end why;
    bool is_reset;
} ways_to_end[] = {
    {CONTRACT_EOF, false},      {CONTRACT_TIMEOUT, false},
    {CONTRACT_REJECTED, false}, {CONTRACT_REFUSED, false},
    {CONTRACT_ERROR, true},     {CONTRACT_UNSENT, true},
};

TEST_EACH(test_H06_who_is_owed_bytes_is_reset, ways_to_end)
{
    char byte;
    int other_fd;

    int conn_fd = connect_over_tcp(listen_with(""), &other_fd);
    contract_client_closed(conn_fd, ways_to_end[_i].why);
    close(conn_fd);
    ssize_t nread = recv(other_fd, &byte, 1, 0);
    if (ways_to_end[_i].is_reset) {
        ck_assert_int_eq(nread, -1);
        ck_assert_int_eq(errno, ECONNRESET);
    } else {
        ck_assert_int_eq(nread, 0);
    }
    close(other_fd);
}

static bool is_interrupted; /* an ioctl is met by two signals of the stop */

/* The contract's ioctl comes here. */
int
ioctl(int fd, unsigned long request, ...)
{
    va_list rest;

    va_start(rest, request);
    void *arg = va_arg(rest, void *);
    va_end(rest);
    if (is_interrupted) {
        raise(SIGTERM);
        raise(SIGTERM);
    }
    return (int)syscall(SYS_ioctl, fd, request, arg);
}

/* The second signal comes while a client is being closed: it, too, may be
 * owed something, so the end of the process must not be its FIN. */
TEST(test_G06_a_second_signal_cuts_who_is_being_closed)
{
    char byte;
    int other_fd;

    int listen_fd = listen_with("");
    int conn_fd = connect_over_tcp(listen_fd, &other_fd);
    pid_t child = fork();
    if (child == 0) {
        close(other_fd);
        is_interrupted = true;
        contract_client_closed(conn_fd, CONTRACT_TIMEOUT);
        _exit(0);
    }
    close(conn_fd);
    ck_assert_int_eq(recv(other_fd, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(WEXITSTATUS(status), 128 + SIGTERM);
}

TEST(test_I04_counters_add_up)
{
    char line[1000];
    int reader = capture_stdout();
    int fds[5];

    listen_with("--stats");
    for (int i = 0; i < 5; i++) {
        open_client();
        fds[i] = client[0];
    }
    contract_count_in(10);
    contract_count_out(7);
    contract_client_closed(fds[0], CONTRACT_EOF);
    contract_client_closed(fds[1], CONTRACT_TIMEOUT);
    contract_client_closed(fds[2], CONTRACT_REFUSED);
    contract_client_closed(fds[3], CONTRACT_UNSENT);
    contract_accept_error(ECONNABORTED);
    contract_accept_error(EMFILE);
    ck_assert_int_eq(contract_finish(), 0);
    ssize_t nread = read(reader, line, sizeof line - 1);
    line[nread > 0 ? nread : 0] = '\0';
    ck_assert_str_eq(
        line,
        "{\"model\":\"tested\",\"accepted\":4,\"refused\":1,\"closed_eof\":1,"
        "\"closed_error\":0,\"closed_timeout\":2,\"closed_rejected\":0,"
        "\"open\":1,\"peak_open\":5,\"bytes_in\":10,\"bytes_out\":7,"
        "\"accept_errors\":2,\"accept_pauses\":1}\n");
}

TEST(test_counters_that_cannot_be_printed_are_status_1)
{
    int full = open("/dev/full", O_WRONLY);

    ck_assert_int_ne(full, -1);
    listen_with("--stats");
    dup2(full, STDOUT_FILENO);
    hide_stderr();
    int status = contract_finish();
    if (status != 1) {
        _exit(9);
    }
}

/* ---- work -------------------------------------------------------------- */

static int64_t
cpu_us(void)
{
    struct timespec used;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

TEST(test_work_burns_cpu_time)
{
    parse("--work=5000");
    int64_t begin_us = cpu_us();
    contract_work();
    ck_assert_int_ge(cpu_us() - begin_us, 5000);
    /* The CPU time of this thread, so a busy machine does not add to it. */
    ck_assert_int_lt(cpu_us() - begin_us, 10000);
}

TEST(test_no_work_is_none)
{
    parse("");
    int64_t begin_us = cpu_us();
    contract_work();
    ck_assert_int_lt(cpu_us() - begin_us, 1000);
}
