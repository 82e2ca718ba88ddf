/*
 * load.c: the program `load`. Its command line is on its way; the engine can
 * be used already.
 */
#include <stdio.h>

int
main(void)
{
    fputs("load: not finished yet\n", stderr);
    return 3;
}
