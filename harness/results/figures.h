/*
 * figures.h: what is measured of a life, from all of its slices together if
 * not said else. No header but a table, which is read by who defines the
 * rows: name in the program, how lives are drawn together, name in JSON and
 * of the column; of what --why and --noise show that, the heading and how
 * many digits; and what it means. See struct figure.
 */
/* clang-format off */
FIGURE(ASKED, MEDIAN, "asked", "clients of which an echo was expected")
FIGURE(SERVED, LEAST, "served", "of them, got a whole echo in a slice")
FIGURE(FAIRNESS, LEAST, "fairness",
       "least served client over the median one")
FIGURE(ECHOES, SUM, "echoes", "whole echoes, every byte compared")
FIGURE(SECONDS, SUM, "seconds", "length of the slices")
FIGURE(ECHOES_PER_S, MEDIAN, "echoes_per_s",
       "the one divided by the other")
TIME(P50_US, MEDIAN, "p50_us",
     "half of all echoes took no longer; in an open loop from when a "
     "message was due")
TIME(P99_US, MEDIAN, "p99_us", "... 99 of 100")
TIME(P999_US, MEDIAN, "p999_us", "... 999 of 1000")
TIME(MAX_US, MOST, "max_us", "... all")
TIME(MEAN_US, MEDIAN, "mean_us", "... the mean")
FIGURE(SERVER_CPU_US_PER_ECHO, MEDIAN, "server_cpu_us_per_echo",
       "CPU time of the server's process")
FIGURE(CLIENT_CPU_US_PER_ECHO, MEDIAN, "client_cpu_us_per_echo",
       "... of our own side")
FIGURE(FLOOR_US, MEDIAN, "floor_us",
       "the kernel's price of a recv and a send")
FIGURE(CPU_OVER_FLOOR, MEDIAN, "cpu_over_floor",
       "server CPU divided by it")
FIGURE(SYSCALLS_PER_ECHO, MEDIAN, "syscalls_per_echo",
       "system calls of the server")
SHOWN(INSTRUCTIONS_PER_ECHO, MEDIAN, "instructions_per_echo", WHY, "instr.",
      4, "instructions of the server outside of the kernel")
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
SHOWN(STALLS, SUM, "stalls", NOISE, "stalls", 3,
      "slices that were held up: they stay in, but count no further than "
      "three deviations from the others")
SHOWN(STALL_MS, MOST, "stall_ms", NOISE, "longest ms", 3,
      "the longest of these times")
SHOWN(ELSEWHERE_PERCENT, MOST, "elsewhere_percent", NOISE, "elsewhere %",
      2, "CPU it used outside of its own slices, of that time")
FIGURE(CONNECTED, LEAST, "connected",
       "clients that connected, silent ones too")
FIGURE(UNFINISHED, MOST, "unfinished",
       "messages without their echo at the end")
SHOWN(KERNEL_PERCENT, MEDIAN, "kernel_percent", WHY, "kernel %", 3,
      "of the server's CPU time, by the ticks of the clock")
SHOWN(BASE_RSS_KIB, MEDIAN, "base_rss_kib", WHY, "base KiB", 4,
      "resident memory of the server before the clients came")
SHOWN(START_MS, MEDIAN, "start_ms", WHY, "start ms", 3,
      "from exec to ready")
SHOWN(FAULTS_PER_ECHO, MEDIAN, "minor_faults_per_echo", WHY,
      "page faults", 3, "minor page faults of the server")
SHOWN(THREADS, MOST, "threads", WHY, "threads", 4,
      "of the server at the end")
FIGURE(CLIENT_BYTES, SUM, "client_bytes",
       "that were sent and came back; unknown if any was left over")
SHOWN(STEAL_PERCENT, MOST, "steal_percent", NOISE, "steal %", 2,
      "time of its CPUs that the hypervisor took")
SHOWN(THROTTLED, SUM, "throttled", NOISE, "throttled", 3,
      "times that our control group was stopped")
SHOWN(LISTEN_OVERFLOWS, SUM, "listen_overflows", NOISE, "overflows", 3,
      "full listener queues on the whole machine")
SHOWN(LISTEN_DROPS, SUM, "listen_drops", NOISE, "drops", 3,
      "connects lost that way")
SHOWN(RETRANSMITS, SUM, "retransmits", NOISE, "resent", 3,
      "TCP segments sent again on the whole machine")
FIGURE(OFFERED_PER_S, MEDIAN, "offered_per_s",
       "open loop: messages that were due")
FIGURE(REACHED_SHARE, MEDIAN, "reached_share",
       "open loop: echoes over messages due")
FIGURE(
    SERVICE_P50_US, MEDIAN, "service_p50_us",
    "open loop: half of all echoes took no longer from when it was sent")
FIGURE(SERVICE_P99_US, MEDIAN, "service_p99_us", "... 99 of 100")
FIGURE(LAG_P99_US, MEDIAN, "lag_p99_us",
       "open loop: how late the client was itself, 99 of 100")
#undef FIGURE
#undef TIME
#undef SHOWN
/* clang-format on */
