/*
 * cells.h: what a cell of a table may show. No header but a table, which is
 * read by who defines the rows: name in the program, what stands above the
 * heading, the heading without the unit of a time, and by what is not 0 there
 * the form, the figure, what it means, and whether it is words. Of neighbours
 * under one heading the first has the meaning of all. See cells.c.
 */
/* clang-format off */
/* Of a scenario. */
CELL(NAME, "", "scenario", .left = true) /* "echo 64" */
CELL(LABEL, "", "", .left = true) /* "64 clients" */
CELL(BLOCKS, "", "blocks")
CELL(SLICES, "", "slices")
CELL(STALLED, "", "stalled")
CELL(CPU_NOISE, "CPU per echo, %", "slice",
     .meaning = "slice: what one differs by from its model and block")
CELL(CPU_HALF, "CPU per echo, %", "+-",
     .meaning = "+-: half the 95 % interval, for all pairs together")
CELL(RATE_NOISE, "echoes/s, %", "slice")
CELL(RATE_HALF, "echoes/s, %", "+-")
CELL(LIVES, "", "lives", .left = true,
     .meaning = "differ: fresh processes do by more than their slices "
                "explain, so the interval is widened")
CELL(RATE_ASKED, "", "asked/s") /* open loop: messages a second */
/* Of a model. */
CELL(MODEL, "", "", .left = true)
CELL(BASE, "", "over", .left = true) /* that a variant is held against */
/* Of a model in a scenario. */
CELL(SERVED, "", "served") /* "1/64", of the worst life */
CELL(FAIRNESS, "", "fair", FORM_FIXED, LIFE_FAIRNESS,
     "fair: least served client over the median")
CELL(RATE, "", "echoes/s", FORM_COUNT, LIFE_ECHOES_PER_S)
CELL(OVER_MOST, "", "of most")
CELL(P50, "full turn", "p50", FORM_TIME, LIFE_P50_US,
     "full turn: echo to echo of a client")
CELL(P99, "full turn", "p99", FORM_TIME, LIFE_P99_US)
CELL(SERVER, "CPU us/echo", "server", FORM_NUMBER,
     LIFE_SERVER_CPU_US_PER_ECHO)
CELL(CLIENT, "CPU us/echo", "client", FORM_NUMBER,
     LIFE_CLIENT_CPU_US_PER_ECHO)
CELL(COST, "server CPU over", "least")
CELL(RANGE, "server CPU over", "95 %",
     .meaning = "95 %: interval, for all pairs together")
CELL(YARD, "server CPU over", "yard", .meaning = "yard: a bare epoll loop")
CELL(FLOOR, "server CPU over", "floor", FORM_FIXED, LIFE_CPU_OVER_FLOOR,
     "floor: a recv and a send alone")
CELL(OVER_BASE, "CPU over that", "")
CELL(CALLS, "", "calls", FORM_FIXED, LIFE_SYSCALLS_PER_ECHO,
     "calls, switch: an echo")
CELL(SWITCHES, "", "switch", FORM_FIXED, LIFE_SWITCHES_PER_ECHO)
CELL(MEMORY, "", "KiB/cl", .meaning = "KiB/cl: with kernel stack")
CELL(RESIDENT, "KiB a client", "resident", FORM_NUMBER,
     LIFE_RSS_KIB_PER_CLIENT)
CELL(STACK, "KiB a client", "kernel", FORM_NUMBER, LIFE_STACK_KIB_PER_CLIENT,
     "kernel: the stack that it keeps for a thread")
CELL(BOUND, "", "bound by")
CELL(RESPONSE_P50, "response", "p50", FORM_TIME, LIFE_P50_US,
     "response: from when a message was due")
CELL(RESPONSE_P99, "response", "p99", FORM_TIME, LIFE_P99_US)
CELL(SERVICE_P50, "service", "p50", FORM_TIME, LIFE_SERVICE_P50_US,
     "service: from when it was sent")
CELL(SERVICE_P99, "service", "p99", FORM_TIME, LIFE_SERVICE_P99_US)
CELL(LAG, "client", "lag", FORM_TIME, LIFE_LAG_P99_US,
     "lag: how late the client was, p99")
CELL(UNFINISHED, "", "unfin.", FORM_COUNT, LIFE_UNFINISHED)
CELL(STATE, "", "state", .left = true) /* "kept", "saturated" */
/* clang-format on */
