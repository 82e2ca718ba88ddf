/*
 * axis.c: where a value is on an axis, and round numbers along it. See
 * picture.h.
 */
#include <float.h>
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

/* The first one that is not below a value. */
static int
rung_from(enum scale scale, double value)
{
    int number;

    value = fmax(value, DBL_MIN); /* so that it has a logarithm */
    number =
        (int)floor(scale == SCALE_LOG2 ? log2(value) : 3 * log10(value)) - 1;
    while (rung(scale, number) < value) {
        number++;
    }
    return number;
}

static void
fit_linear(struct axis_scale *axis)
{
    double step;

    if (axis->scale == SCALE_ZERO) {
        axis_take(axis, 0);
    }
    if (!(axis->high - axis->low > 1e-9 * fabs(axis->high))) {
        double around = axis->high == 0 ? 1 : fabs(axis->high) / 10;

        axis->low -= axis->scale == SCALE_ZERO ? 0 : around;
        axis->high += around;
    }
    step = (axis->high - axis->low) / 5;
    step = rung(SCALE_LOG10, rung_from(SCALE_LOG10, 0.999 * step));
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
    int low = rung_from(axis->scale, 1.0001 * axis->low) - 1;
    int high = rung_from(axis->scale, 0.9999 * axis->high);
    int step = 1;

    high += high == low;
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
    for (axis->nticks = 0; low <= high; low += step) {
        axis->ticks[axis->nticks++] = rung(axis->scale, low);
    }
}

bool
axis_fit(struct axis_scale *axis)
{
    if (axis->any) {
        axis->scale < SCALE_LOG10 ? fit_linear(axis) : fit_logarithmic(axis);
    }
    return axis->any;
}

double
axis_at(const struct axis_scale *axis, double value)
{
    double share = !axis_has(axis->scale, value) ? NAN
                   : axis->scale < SCALE_LOG10
                       ? (value - axis->low) / (axis->high - axis->low)
                       : log(value / axis->low) / log(axis->high / axis->low);

    return axis->from + (axis->to - axis->from) * share;
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
