/*
 * axis.c: where a value is on an axis, and round numbers along it. See
 * internal.h.
 */
#include <math.h>

#include "harness/report/internal.h"

bool
axis_has(enum scale scale, double value)
{
    return isfinite(value) && fabs(value) < 1e15 &&
           (scale < SCALE_LOG10 || value > 1e-15);
}

void
axis_take(struct axis_scale *axis, double value)
{
    if (axis_has(axis->scale, value)) {
        axis->low = axis->any ? fmin(axis->low, value) : value;
        axis->high = axis->any ? fmax(axis->high, value) : value;
        axis->any = true;
    }
}

/* 1, 2 or 5 times a power of ten: the least that is not below `value`, or
 * the most that is not above. */
static double
round_number(double value, bool up)
{
    double ten = pow(10, floor(log10(value) + 1e-9));
    double in = value / ten;

    return ten * (up ? (in < 1.001   ? 1
                        : in < 2.001 ? 2
                        : in < 5.001 ? 5
                                     : 10)
                     : (in > 4.999   ? 5
                        : in > 1.999 ? 2
                                     : 1));
}

static void
add_tick(struct axis_scale *axis, double value)
{
    if (axis->nticks < TICKS_MAX) {
        axis->ticks[axis->nticks++] = value;
    }
}

static void
fit_linear(struct axis_scale *axis)
{
    double step;

    if (axis->scale == SCALE_ZERO) {
        axis->low = fmin(axis->low, 0);
        axis->high = fmax(axis->high, 0);
    }
    if (!(axis->high - axis->low > 1e-9 * fabs(axis->high))) {
        double around = axis->high == 0 ? 1 : fabs(axis->high) / 10;

        axis->low -= axis->scale == SCALE_ZERO ? 0 : around;
        axis->high += around;
    }
    step = round_number((axis->high - axis->low) / 5, true);
    axis->low = step * floor(axis->low / step + 1e-6);
    axis->high = step * ceil(axis->high / step - 1e-6);
    for (int i = 0; axis->low + i * step < axis->high + step / 2; i++) {
        add_tick(axis, step * rint(axis->low / step + i));
    }
}

static void
fit_logarithmic(struct axis_scale *axis)
{
    double base = axis->scale == SCALE_LOG2 ? 2 : 10;
    double steps;
    int skip;

    if (base == 2) {
        axis->low = exp2(floor(log2(axis->low) + 1e-9));
        axis->high = exp2(ceil(log2(axis->high) - 1e-9));
    } else {
        axis->low = round_number(axis->low, false);
        axis->high = round_number(axis->high, true);
    }
    if (axis->high < 1.5 * axis->low) {
        axis->high = base * axis->low;
    }
    steps = log(axis->high / axis->low) / log(base);
    /* Both ends get one, if there is a way. */
    for (skip = 1 + (int)(steps / 7);
         skip < 4 && (int)rint(steps) % skip != 0; skip++) {
    }
    if (base == 10 && steps < 2.5) {
        /* A few numbers of each power, not the power alone. */
        for (double at = axis->low; at < 1.001 * axis->high;
             at = round_number(1.01 * at, true)) {
            add_tick(axis, at);
        }
        return;
    }
    for (double at = ceil(log(axis->low) / log(base) - 1e-9);
         pow(base, at) < 1.001 * axis->high; at += skip) {
        add_tick(axis, pow(base, at));
    }
}

bool
axis_fit(struct axis_scale *axis)
{
    axis->nticks = 0;
    if (axis->any && axis->scale >= SCALE_LOG10) {
        fit_logarithmic(axis);
    } else if (axis->any) {
        fit_linear(axis);
    }
    return axis->any;
}

double
axis_at(const struct axis_scale *axis, double value)
{
    return axis->scale >= SCALE_LOG10
               ? log(value / axis->low) / log(axis->high / axis->low)
               : (value - axis->low) / (axis->high - axis->low);
}

void
axis_word(struct text *text, double value)
{
    static const char *const units[] = {"", "k", "M", "G"};
    int unit = 0;

    while (unit < 3 && fabs(value) > 999.9) {
        value /= 1000;
        unit++;
    }
    text_add(text, "%.4g%s", value, units[unit]);
}
