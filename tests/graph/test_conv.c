/* SPDX-License-Identifier: MIT */
/* Convolutions against their definitions, written as loops over every index, and against each other.
 *
 * All is in double. Sums have at most 4 x 5 x 3 terms of at most 1, so each side is within 60 eps; the bound is 1e-13.
 */
#include "graph_support.h"

enum { MOST = 4096, SLOT_X = 1, SLOT_W = 2, SLOT_Y = 3 };

typedef struct layout {
	int64_t n, h, w, c, o; /* images of h x w x c; o output channels */
	egm__window window;
	int64_t oh, ow;
} layout;

static const layout layouts[] = {
    {1, 1, 1, 1, 1, {{1, 1}, {1, 1}, {0, 0}}, 1, 1},  {2, 5, 4, 3, 2, {{3, 2}, {1, 1}, {1, 0}}, 5, 3},
    {3, 7, 6, 1, 4, {{4, 4}, {2, 2}, {1, 1}}, 3, 3},  {2, 6, 7, 2, 3, {{3, 5}, {3, 2}, {0, 2}}, 2, 4},
    {2, 2, 3, 2, 3, {{4, 5}, {1, 2}, {1, 1}}, 1, 1},  {1, 5, 5, 3, 1, {{2, 2}, {3, 3}, {1, 1}}, 2, 2},
    {2, 4, 4, 17, 5, {{2, 2}, {2, 1}, {0, 0}}, 2, 3},
};
enum { N_LAYOUTS = sizeof layouts / sizeof *layouts };

static double x[MOST], w[MOST], y[MOST], out[MOST], out_other[MOST];
static egm_context *c;
static egm__graph *g;

static void setup(void)
{
	uint64_t state = 5;
	ck_assert_int_eq(egm_context_create(&c, NULL), EGM_OK);
	ck_assert_int_eq(egm__graph_create(&g, c, EGM_F64), EGM_OK);
	for (int i = 0; i < MOST; i++)
		x[i] = graph_random(&state), w[i] = graph_random(&state), y[i] = graph_random(&state);
}

static void teardown(void)
{
	egm__graph_free(g);
	egm_context_free(c);
}

/* Runs the program of `id` into out and, unless it is EGM__NONE, that of `other` into out_other. */
static void evaluate(egm__id id, egm__id other)
{
	void *bases[EGM__MAX_SLOTS] = {[SLOT_X] = x, [SLOT_W] = w, [SLOT_Y] = y, [8] = out, [9] = out_other};
	egm__program *p = NULL;
	egm__graph_output(g, id, 8, 0);
	egm__graph_output(g, other, 9, 0);
	ck_assert_msg(egm__program_create(&p, g) == EGM_OK, "%s", egm_last_error());
	egm__program_run(p, bases, 1, 1);
	egm__program_free(p);
}

static egm__id images(const layout *l)
{
	return egm__leaf(g, SLOT_X, 0, (egm__shape){4, {l->n, l->h, l->w, l->c}});
}

static int64_t area(const layout *l)
{
	return (int64_t)l->window.kernel[0] * l->window.kernel[1];
}

/* y[b, oy, ox, o] = sum over ky, kx, c of x[b, oy s - p + ky, ox s - p + kx, c] w[o, ky, kx, c] */
static double convolved(const layout *l, int64_t b, int64_t oy, int64_t ox, int64_t o)
{
	const egm__window *v = &l->window;
	double sum = 0;
	for (int64_t ky = 0; ky < v->kernel[0]; ky++)
		for (int64_t kx = 0; kx < v->kernel[1]; kx++)
			for (int64_t ch = 0; ch < l->c; ch++) {
				int64_t iy = oy * v->stride[0] - v->padding[0] + ky, ix = ox * v->stride[1] - v->padding[1] + kx;
				if (iy < 0 || iy >= l->h || ix < 0 || ix >= l->w) continue;
				sum += x[((b * l->h + iy) * l->w + ix) * l->c + ch] *
				       w[((o * v->kernel[0] + ky) * v->kernel[1] + kx) * l->c + ch];
			}
	return sum;
}

START_TEST(test_conv__equals_its_definition)
{
	const layout *l = &layouts[_i];
	egm__id weight = egm__leaf(g, SLOT_W, 0, egm__shape2(l->o, area(l) * l->c));
	evaluate(egm__conv(g, images(l), weight, &l->window), EGM__NONE);
	int64_t at = 0;
	for (int64_t b = 0; b < l->n; b++)
		for (int64_t oy = 0; oy < l->oh; oy++)
			for (int64_t ox = 0; ox < l->ow; ox++)
				for (int64_t o = 0; o < l->o; o++, at++) ck_assert(fabs(out[at] - convolved(l, b, oy, ox, o)) <= 1e-13);
}
END_TEST

/* y[b, iy, ix, o] = sum over oy, ox, c, ky, kx with iy = oy s - p + ky and ix = ox s - p + kx of x[b, oy, ox, c] w[c,
 * ky, kx, o]. Every pixel of x adds a window to y; the images of the layout are y and its windows are x. */
static void stamp(const layout *l, double *want)
{
	const egm__window *v = &l->window;
	for (int64_t i = 0; i < l->n * l->oh * l->ow * l->o; i++) {
		int64_t ch = i % l->o, ox = i / l->o % l->ow, oy = i / l->o / l->ow % l->oh, b = i / l->o / l->ow / l->oh;
		for (int64_t k = 0; k < area(l) * l->c; k++) {
			int64_t iy = oy * v->stride[0] - v->padding[0] + k / l->c / v->kernel[1];
			int64_t ix = ox * v->stride[1] - v->padding[1] + k / l->c % v->kernel[1];
			if (iy < 0 || iy >= l->h || ix < 0 || ix >= l->w) continue;
			want[((b * l->h + iy) * l->w + ix) * l->c + k % l->c] += x[i] * w[ch * area(l) * l->c + k];
		}
	}
}

START_TEST(test_conv_transpose__equals_its_definition)
{
	const layout *l = &layouts[_i];
	static double want[MOST];
	memset(want, 0, sizeof want);
	egm__id small = egm__leaf(g, SLOT_X, 0, (egm__shape){4, {l->n, l->oh, l->ow, l->o}});
	egm__id weight = egm__leaf(g, SLOT_W, 0, egm__shape2(l->o, area(l) * l->c));
	evaluate(egm__conv_transpose(g, small, weight, &l->window, l->h, l->w), EGM__NONE);
	stamp(l, want);
	for (int64_t i = 0; i < l->n * l->h * l->w * l->c; i++) ck_assert(fabs(out[i] - want[i]) <= 1e-13);
}
END_TEST

/* <conv(x), y> = <x, conv_transpose(y)>. A product is a sum of up to 1000 terms of at most 60; the bound is 1e-10. */
START_TEST(test_conv_transpose__is_adjoint_to_conv)
{
	const layout *l = &layouts[_i];
	egm__shape s = {4, {l->n, l->oh, l->ow, l->o}};
	egm__id weight = egm__leaf(g, SLOT_W, 0, egm__shape2(l->o, area(l) * l->c));
	int64_t n = egm__shape_count(&s), m = l->n * l->h * l->w * l->c;
	evaluate(egm__conv(g, images(l), weight, &l->window),
	         egm__conv_transpose(g, egm__leaf(g, SLOT_Y, 0, s), weight, &l->window, l->h, l->w));
	double left = 0, right = 0;
	for (int64_t i = 0; i < n; i++) left += out[i] * y[i];
	for (int64_t i = 0; i < m; i++) right += out_other[i] * x[i];
	ck_assert(fabs(left - right) <= 1e-10);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conv");
	TCase *t = tcase_create("definitions");
	tcase_set_tags(t, "K1");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_conv__equals_its_definition, 0, N_LAYOUTS);
	tcase_add_loop_test(t, test_conv_transpose__equals_its_definition, 0, N_LAYOUTS);
	tcase_add_loop_test(t, test_conv_transpose__is_adjoint_to_conv, 0, N_LAYOUTS);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
