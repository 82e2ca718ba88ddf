/*
 * axis.c: where a value is on an axis, and round numbers along it. See
 * picture.h.
 */
#include <math.h>

#include "harness/report/internal.h"

bool
axis_has(enum scale scale, double value)
{
    return fabs(value) < 1e15 && (scale < SCALE_LOG10 || value > 1e-15);
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

/* Round numbers have numbers themselves: powers of two; or 1, 2 and 5 times a
 * power of ten, which is every third. */
static double
rung(enum scale scale, int number)
{
    static const double in[] = {1, 2, 5};
    int ten = (number + 3000) / 3 - 1000;

    return scale == SCALE_LOG2 ? exp2(number)
                               : in[number - 3 * ten] * pow(10, ten);
}

/* The last one that is not above a value. */
static int
rung_below(enum scale scale, double value)
{
    int number =
        (int)floor(scale == SCALE_LOG2 ? log2(value) : 3 * log10(value)) - 1;

    while (rung(scale, number + 1) < 1.0001 * value) {
        number++;
    }
    return number;
}

static void
fit_linear(struct axis_scale *axis)
{
    double step;
    int number;

    if (axis->scale == SCALE_ZERO) {
        axis->low = fmin(axis->low, 0);
        axis->high = fmax(axis->high, 0);
    }
    if (!(axis->high - axis->low > 1e-9 * fabs(axis->high))) {
        double around = axis->high == 0 ? 1 : fabs(axis->high) / 10;

        axis->low -= axis->scale == SCALE_ZERO ? 0 : around;
        axis->high += around;
    }
    step = (axis->high - axis->low) / 5;
    number = rung_below(SCALE_LOG10, step);
    number += rung(SCALE_LOG10, number) < 0.999 * step;
    step = rung(SCALE_LOG10, number);
    axis->low = step * floor(axis->low / step + 1e-6);
    axis->high = step * ceil(axis->high / step - 1e-6);
    axis->nticks = 1 + (int)rint((axis->high - axis->low) / step);
    for (int i = 0; i < axis->nticks; i++) {
        axis->ticks[i] = step * rint(axis->low / step + i);
    }
}

static void
fit_logarithmic(struct axis_scale *axis)
{
    int power = axis->scale == SCALE_LOG2 ? 1 : 3;
    int low = rung_below(axis->scale, axis->low);
    int high = low + 1;
    int step = 1;

    while (rung(axis->scale, high) < 0.9999 * axis->high) {
        high++;
    }
    axis->low = rung(axis->scale, low);
    axis->high = rung(axis->scale, high);
    if (high - low > 8) {
        /* Whole powers; and one at both ends, if there is a way. */
        step = power * (1 + (high - low) / power / 7);
        while (step < 4 && (high - low) % step != 0) {
            step += power;
        }
        low += (3000 - low) % power;
    }
    for (; low <= high; low += step) {
        axis->ticks[axis->nticks++] = rung(axis->scale, low);
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

char *
axis_word(char word[AXIS_WORD_BYTES], double value)
{
    static const char *const units[] = {"", "k", "M", "G"};
    int unit = 0;

    while (unit < 3 && fabs(value) > 999.9) {
        value /= 1000;
        unit++;
    }
    snprintf(word, AXIS_WORD_BYTES, "%.4g%s", value, units[unit]);
    return word;
}
