#include "harness/base/base.h" /* the units, until all name it themselves */
