/*
 * figures.h: what is measured of a life, from all of its slices together if
 * not said else. No header but a table, which is read by who defines the
 * rows: name in the program, how lives are drawn together, name in JSON and
 * of the column, what it means; and by what is not 0 there the flags, and of
 * what --why and --noise show the heading and how many digits. See struct
 * figure.
 */
FIGURE(ASKED, MEDIAN, "asked", "clients of which an echo was expected")
FIGURE(SERVED, LEAST, "served", "of them, got a whole echo in a slice")
FIGURE(FAIRNESS, LEAST, "fairness", "least served client over the median one")
FIGURE(ECHOES, SUM, "echoes", "whole echoes, every byte compared")
FIGURE(SECONDS, SUM, "seconds", "length of the slices")
FIGURE(ECHOES_PER_S, MEDIAN, "echoes_per_s", "the one divided by the other")
FIGURE(P50_US, MEDIAN, "p50_us",
       "half of all echoes took no longer; in an open loop from when a "
       "message was due",
       FIGURE_TIME)
FIGURE(P99_US, MEDIAN, "p99_us",
       "... 99 of 100; as all times but the medians unknown if the client "
       "was late",
       FIGURE_TIME | FIGURE_TAIL)
FIGURE(P999_US, MEDIAN, "p999_us", "... 999 of 1000",
       FIGURE_TIME | FIGURE_TAIL)
FIGURE(MAX_US, MOST, "max_us", "... all", FIGURE_TIME | FIGURE_TAIL)
FIGURE(MEAN_US, MEDIAN, "mean_us", "... the mean", FIGURE_TIME | FIGURE_TAIL)
FIGURE(SERVER_CPU_US_PER_ECHO, MEDIAN, "server_cpu_us_per_echo",
       "CPU time of the server's process")
FIGURE(CLIENT_CPU_US_PER_ECHO, MEDIAN, "client_cpu_us_per_echo",
       "... of our own side")
FIGURE(FLOOR_US, MEDIAN, "floor_us",
       "the kernel's price of a recv and a send")
FIGURE(CPU_OVER_FLOOR, MEDIAN, "cpu_over_floor", "server CPU divided by it")
FIGURE(SYSCALLS_PER_ECHO, MEDIAN, "syscalls_per_echo",
       "system calls of the server")
FIGURE(INSTRUCTIONS_PER_ECHO, MEDIAN, "instructions_per_echo",
       "instructions of the server outside of the kernel", FIGURE_WHY,
       "instr.", 4)
FIGURE(SWITCHES_PER_ECHO, MEDIAN, "switches_per_echo",
       "context switches of the server")
FIGURE(RSS_KIB_PER_CLIENT, MEDIAN, "rss_kib_per_client",
       "resident memory that a client adds before it speaks")
FIGURE(BUSY_RSS_KIB_PER_CLIENT, MEDIAN, "busy_rss_kib_per_client",
       "... as the slices have ended")
FIGURE(STACK_KIB_PER_CLIENT, MEDIAN, "kernel_stack_kib_per_client",
       "kernel stacks of the threads that a client adds, not resident "
       "memory")
FIGURE(ERRORS, MOST, "errors", "connections that the server broke")
FIGURE(STALLS, SUM, "stalls",
       "slices that were held up: they stay in, but count no further than "
       "1.5 deviations from the others, of few blocks 3",
       FIGURE_NOISE, "stalls", 3)
FIGURE(STALL_MS, MOST, "stall_ms", "the longest of these times", FIGURE_NOISE,
       "longest ms", 3)
FIGURE(ELSEWHERE_PERCENT, MOST, "elsewhere_percent",
       "CPU it used outside of its own slices, of that time", FIGURE_NOISE,
       "elsewhere %", 2)
FIGURE(CONNECTED, LEAST, "connected",
       "clients that connected, silent ones too")
FIGURE(UNFINISHED, MOST, "unfinished",
       "messages without their echo at the end")
FIGURE(KERNEL_PERCENT, MEDIAN, "kernel_percent",
       "of the server's CPU time, by the ticks of the clock", FIGURE_WHY,
       "kernel %", 3)
FIGURE(BASE_RSS_KIB, MEDIAN, "base_rss_kib",
       "resident memory of the server before the clients came", FIGURE_WHY,
       "base KiB", 4)
FIGURE(START_MS, MEDIAN, "start_ms", "from exec to ready", FIGURE_WHY,
       "start ms", 3)
FIGURE(FAULTS_PER_ECHO, MEDIAN, "minor_faults_per_echo",
       "minor page faults of the server", FIGURE_WHY, "page faults", 3)
FIGURE(THREADS, MOST, "threads", "of the server at the end", FIGURE_WHY,
       "threads", 4)
FIGURE(CLIENT_BYTES, SUM, "client_bytes",
       "that were sent and came back; unknown if any was left over")
FIGURE(STEAL_PERCENT, MOST, "steal_percent",
       "time of its CPUs that the hypervisor took", FIGURE_NOISE, "steal %",
       2)
FIGURE(THROTTLED, SUM, "throttled",
       "times that our control group was stopped", FIGURE_NOISE, "throttled",
       3)
FIGURE(LISTEN_OVERFLOWS, SUM, "listen_overflows",
       "full listener queues on the whole machine", FIGURE_NOISE, "overflows",
       3)
FIGURE(LISTEN_DROPS, SUM, "listen_drops", "connects lost that way",
       FIGURE_NOISE, "drops", 3)
FIGURE(RETRANSMITS, SUM, "retransmits",
       "TCP segments sent again on the whole machine", FIGURE_NOISE, "resent",
       3)
FIGURE(OFFERED_PER_S, MEDIAN, "offered_per_s",
       "open loop: messages that were due")
FIGURE(REACHED_SHARE, MEDIAN, "reached_share",
       "open loop: echoes over messages due")
FIGURE(SERVICE_P50_US, MEDIAN, "service_p50_us",
       "open loop: half of all echoes took no longer from when it was sent")
FIGURE(SERVICE_P99_US, MEDIAN, "service_p99_us", "... 99 of 100", FIGURE_TAIL)
FIGURE(LAG_P99_US, MEDIAN, "lag_p99_us",
       "open loop: how late the client was itself, 99 of 100")
#undef FIGURE
