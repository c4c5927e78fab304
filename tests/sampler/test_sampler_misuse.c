/* SPDX-License-Identifier: MIT */
/* Wrong arguments to all egm_sampler_* functions, statistics structs of other sizes, and allocations that fail.
 * Options are tested in test_kernel_options.c, saving and loading with their files. */
#include "loop_fixture.h"
#include <stddef.h>

enum { CHAINS = 3 };

static loop_target fixture;
static egm_sampler *sampler;

static void setup(void)
{
	open_target(&fixture, CALLBACK, 1);
	any_kernel_options o = loop_options(ANY_MALA, CHAINS);
	sampler = make_sampler(fixture.target, &o);
}

static void teardown(void)
{
	egm_sampler_free(sampler);
	close_target(&fixture);
}

#define ck_assert_rejected(call, status, words)                                                                \
	do {                                                                                                       \
		egm_status st_ = (call);                                                                               \
		ck_assert_msg(st_ == (status), "%s: %s: %s", #call, egm_status_name(st_), egm_last_error());           \
		ck_assert_msg(strstr(egm_last_error(), words), "%s: '%s' lacks '%s'", #call, egm_last_error(), words); \
	} while (0)

/* ---- arguments */

START_TEST(test_misuse__null_and_out_of_range)
{
	egm_sampler_statistics stats = {.struct_size = sizeof stats};
	double points[CHAINS * LOOP_MOST];
	const egm_status argument = EGM_ERR_ARGUMENT;
	egm_sampler_free(NULL);

	ck_assert_rejected(egm_sampler_set_points(NULL, points_in(NULL, EGM_F64, points)), argument, "sampler is NULL");
	ck_assert_rejected(egm_sampler_set_points(sampler, points_in(sampler, EGM_F64, NULL)), argument, "points is NULL");
	ck_assert_rejected(egm_sampler_set_points(sampler, points_in(sampler, EGM_F32, points)), EGM_ERR_DTYPE,
	                   "points is f32, must be f64");
	ck_assert_rejected(egm_sampler_points(NULL, points_out(NULL, EGM_F64, points)), argument, "sampler is NULL");
	ck_assert_rejected(egm_sampler_points(sampler, points_out(sampler, EGM_F64, NULL)), argument, "points is NULL");
	ck_assert_rejected(egm_sampler_points(sampler, points_out(sampler, EGM_F32, points)), EGM_ERR_DTYPE,
	                   "points is f32, must be f64");

	ck_assert_rejected(egm_sampler_warmup(NULL, 10, NULL, NULL), argument, "sampler is NULL");
	ck_assert_rejected(egm_sampler_warmup(sampler, 0, NULL, NULL), argument, "steps is 0, must be at least 1");
	ck_assert_rejected(egm_sampler_warmup(sampler, -1, NULL, NULL), argument, "steps is -1, must be at least 1");
	ck_assert_rejected(egm_sampler_run(NULL, 1, 1, egm_no_out(), egm_no_out(), NULL, NULL), argument,
	                   "sampler is NULL");
	ck_assert_rejected(egm_sampler_run(sampler, 0, 1, egm_no_out(), egm_no_out(), NULL, NULL), argument,
	                   "n is 0, must be at least 1");
	ck_assert_rejected(egm_sampler_run(sampler, -5, 1, egm_no_out(), egm_no_out(), NULL, NULL), argument,
	                   "n is -5, must be at least 1");
	ck_assert_rejected(egm_sampler_run(sampler, 1, 0, egm_no_out(), egm_no_out(), NULL, NULL), argument,
	                   "thin is 0, must be at least 1");
	ck_assert_rejected(egm_sampler_run(sampler, INT64_MAX, 1, egm_no_out(), egm_no_out(), NULL, NULL), argument,
	                   "would exceed any memory");
	ck_assert_rejected(egm_sampler_run(sampler, 2, INT64_MAX, egm_no_out(), egm_no_out(), NULL, NULL), argument,
	                   "n is 2 and thin is 9223372036854775807, must have a product below 2^63");

	ck_assert_rejected(egm_sampler_stats(NULL, 0, &stats), argument, "sampler is NULL");
	ck_assert_rejected(egm_sampler_stats(sampler, 0, NULL), argument, "statistics is NULL");
	ck_assert_rejected(egm_sampler_stats(sampler, -2, &stats), argument, "chain is -2, must be in [-1, 2]");
	ck_assert_rejected(egm_sampler_stats(sampler, CHAINS, &stats), argument, "chain is 3, must be in [-1, 2]");
	ck_assert_rejected(egm_sampler_scale(NULL, 0, egm_f64_out(points, egm_sampler_dims(NULL), 1)), argument,
	                   "sampler is NULL");
	ck_assert_rejected(egm_sampler_scale(sampler, 0, egm_out_of(EGM_F64, NULL, egm_sampler_dims(sampler), 1)), argument,
	                   "scale is NULL");
	ck_assert_rejected(egm_sampler_scale(sampler, -1, egm_f64_out(points, egm_sampler_dims(sampler), 1)), argument,
	                   "chain is -1, must be in [0, 2]");
	ck_assert_rejected(egm_sampler_scale(sampler, CHAINS, egm_f64_out(points, egm_sampler_dims(sampler), 1)), argument,
	                   "chain is 3, must be in [0, 2]");
	ck_assert_int_eq(fixture.distribution.calls, 0);
}
END_TEST

/* Nothing is drawn, and nothing of an array of another size is touched. */
START_TEST(test_misuse__arrays_of_other_sizes)
{
	double x[2 * CHAINS * LOOP_MOST];
	const egm_status shape = EGM_ERR_SHAPE, argument = EGM_ERR_ARGUMENT;
	const int64_t dims = fixture.dims;
	const egm_out none = egm_no_out();
	ck_assert_rejected(egm_sampler_set_points(sampler, egm_f64(x, CHAINS + 1, dims)), shape,
	                   "points has 4 rows, must have one for each of 3 chains");
	ck_assert_rejected(egm_sampler_set_points(sampler, egm_f64(x, CHAINS, dims + 1)), shape,
	                   "points has 6 columns, must have 5");
	ck_assert_rejected(egm_sampler_set_points(sampler, egm_f64(x, 0, dims)), argument, "points has 0 rows");
	ck_assert_rejected(egm_sampler_set_points(sampler, egm_no_array()), argument, "points is NULL");
	ck_assert_rejected(egm_sampler_points(sampler, egm_f64_out(x, CHAINS, dims - 1)), shape,
	                   "points has room for 3 x 4 numbers, must have room for 3 x 5");
	ck_assert_rejected(egm_sampler_points(sampler, egm_no_out()), argument, "points is NULL");
	ck_assert_rejected(egm_sampler_run(sampler, 2, 1, egm_f64_out(x, CHAINS, dims), none, NULL, NULL), shape,
	                   "draws has room for 3 x 5 numbers, must have room for 6 x 5");
	ck_assert_rejected(egm_sampler_run(sampler, 2, 1, none, egm_f64_out(x, 2, CHAINS + 1), NULL, NULL), shape,
	                   "energies has room for 2 x 4 numbers, must have room for 2 x 3");
	ck_assert_rejected(egm_sampler_run(sampler, 1, 1, egm_out_of(EGM_F32, x, CHAINS, dims), none, NULL, NULL),
	                   EGM_ERR_DTYPE, "draws is f32, must be f64");
	ck_assert_rejected(egm_sampler_run(sampler, 1, 1, none, egm_out_of(EGM_F32, x, 1, CHAINS), NULL, NULL),
	                   EGM_ERR_DTYPE, "energies is f32, must be f64");
	ck_assert_rejected(egm_sampler_scale(sampler, 0, egm_f64_out(x, dims + 1, 1)), shape,
	                   "scale has room for 6 x 1 numbers, must have room for 5 x 1");
	ck_assert_int_eq(fixture.distribution.calls, 0);
	ck_assert_egm(egm_sampler_run(sampler, 2, 1, egm_f64_out(x, 2, CHAINS * dims), none, NULL, NULL)); /* as many */
}
END_TEST

/* A rejected point changes nothing; the box is open. */
START_TEST(test_misuse__points_where_no_chain_can_stand)
{
	double before[CHAINS][LOOP_MOST], points[CHAINS * LOOP_MOST];
	const struct {
		double value;
		int64_t dimension;
		egm_status status;
		const char *words;
	} row[] = {{NAN, 0, EGM_ERR_NONFINITE, "chain 1, dimension 0"},
	           {INFINITY, 4, EGM_ERR_NONFINITE, "chain 1, dimension 4"},
	           {-1, 1, EGM_ERR_ARGUMENT, "chain 1, dimension 1, must be above -1 and below 2"},
	           {2, 1, EGM_ERR_ARGUMENT, "chain 1, dimension 1"},
	           {2.5, 1, EGM_ERR_ARGUMENT, "chain 1, dimension 1"},
	           {-4.5, 2, EGM_ERR_ARGUMENT, "chain 1, dimension 2"},
	           {3, 3, EGM_ERR_ARGUMENT, "chain 1, dimension 3, must be above -inf and below 3"}};
	ck_assert_egm(egm_sampler_run(sampler, 5, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, before)));
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		memcpy(points, before, sizeof points);
		points[fixture.dims + row[i].dimension] = row[i].value;
		points[0] = 0.5;
		ck_assert_rejected(egm_sampler_set_points(sampler, points_in(sampler, EGM_F64, points)), row[i].status,
		                   row[i].words);
		ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, points)));
		ck_assert_mem_eq(points, before, (size_t)(CHAINS * fixture.dims) * sizeof *points);
	}
	ck_assert(isfinite(sampler_stats(sampler, -1).energy));
}
END_TEST

START_TEST(test_misuse__kernels_that_adapt_nothing)
{
	const int32_t kernels[] = {ANY_ULA, ANY_ANNEALED_LANGEVIN};
	for (int i = 0; i < 2; i++) {
		any_kernel_options o = loop_options(kernels[i], CHAINS);
		egm_sampler *s = make_sampler(fixture.target, &o);
		ck_assert_rejected(egm_sampler_warmup(s, 10, NULL, NULL), EGM_ERR_STATE, "adapts nothing");
		egm_sampler_free(s);
	}
	ck_assert_egm(egm_sampler_warmup(sampler, 1, NULL, NULL));
}
END_TEST

/* A number that f32 does not have, and f64 has. */
START_TEST(test_misuse__scales_in_the_dtype)
{
	loop_target narrow;
	const double subnormal[5] = {1, 1, 1, 1e-40, 1};
	open_target(&narrow, NET_32, 1);
	any_kernel_options o = loop_options(ANY_MALA, CHAINS);
	o.scale = subnormal;
	egm_sampler *s = NULL;
	ck_assert_rejected(any_kernel_sampler(&s, narrow.target, &o), EGM_ERR_ARGUMENT,
	                   "scale[3] is 1e-40, must be a positive finite f32");
	close_target(&narrow);
	s = make_sampler(fixture.target, &o);
	double back[5];
	ck_assert_egm(egm_sampler_scale(s, 2, egm_f64_out(back, 5, 1)));
	ck_assert_mem_eq(back, subnormal, sizeof back);
	ck_assert_egm(egm_sampler_scale(sampler, 2, egm_f64_out(back, 5, 1)));
	for (int j = 0; j < 5; j++) ck_assert(back[j] == 1);
	egm_sampler_free(s);
}
END_TEST

START_TEST(test_misuse__statistics_of_other_ages)
{
	union {
		egm_sampler_statistics s;
		unsigned char bytes[sizeof(egm_sampler_statistics) + 16];
	} u;
	ck_assert_egm(egm_sampler_run(sampler, 4, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	egm_sampler_statistics whole = sampler_stats(sampler, -1);
	for (size_t size = 8; size <= sizeof u; size += 8) {
		memset(&u, 0x5a, sizeof u);
		memset(&u, 0, size);
		u.s.struct_size = size;
		ck_assert_egm(egm_sampler_stats(sampler, -1, &u.s));
		ck_assert_uint_eq(u.s.struct_size, size);
		size_t known = size < sizeof whole ? size : sizeof whole;
		ck_assert_mem_eq(u.bytes + 8, (const unsigned char *)&whole + 8, known - 8);
		for (size_t i = size; i < sizeof u; i++) ck_assert_uint_eq(u.bytes[i], 0x5a);
	}
	const size_t word = sizeof(size_t), sizes[] = {0, word / 2, word + word / 2, 1 << 20, SIZE_MAX};
	for (int i = 0; i < 5; i++) {
		u.s.struct_size = sizes[i];
		ck_assert_rejected(egm_sampler_stats(sampler, -1, &u.s), EGM_ERR_ARGUMENT, "struct_size");
	}
}
END_TEST

/* ---- memory */

/* Makes a sampler, runs it, warms it up; the failed call is made again with memory, so that what it left can be used.
 * Whether memory ran out. */
static int live_through(egm_target *target, const any_kernel_options *o, egm_test_allocator *allocator)
{
	egm_sampler *s = NULL;
	int failures = 0, warms = any_kernel_adapts(o->kernel);
	double points[CHAINS * LOOP_MOST];
	for (int call = 0; call < 4 + warms; call++) {
		egm_status st = call == 0   ? any_kernel_sampler(&s, target, o)
		                : call == 1 ? egm_sampler_run(s, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL)
		                : call == 2 ? egm_sampler_points(s, points_out(s, egm_target_dtype(target), points))
		                : call == 3 ? egm_sampler_set_points(s, points_in(s, egm_target_dtype(target), points))
		                            : egm_sampler_warmup(s, 30, NULL, NULL);
		if (st == EGM_OK) continue;
		ck_assert_rejected(st, EGM_ERR_MEMORY, "memory");
		ck_assert(call > 0 || !s);
		failures++;
		allocator->fail_at = 0;
		call--;
	}
	ck_assert_egm(egm_sampler_run(s, 1, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	egm_sampler_free(s);
	return failures > 0;
}

/* _i: kernel and target */
START_TEST(test_misuse__every_allocation_may_fail)
{
	static const int kinds[] = {NET_64, LATENT, CALLBACK, CONCURRENT};
	const double scale[LOOP_MOST] = {1, 2, 1, 1, 1, 1, 1, 1};
	egm_test_allocator allocator = {0};
	loop_target t;
	open_target_in(&t, egm_test_context(&allocator), kinds[_i / LOOP_KERNELS]);
	any_kernel_options o = loop_options(1 + _i % LOOP_KERNELS, CHAINS);
	o.scale = scale;
	o.adapt_scale = o.kernel >= ANY_MALA && o.kernel <= ANY_NUTS;
	live_through(t.target, &o, &allocator);
	long live = allocator.live;
	for (int for_ever = 0; for_ever < 2; for_ever++)
		for (long k = 1, failed = 1; failed; k++) {
			allocator.fail_at = allocator.calls + k;
			allocator.for_ever = for_ever;
			failed = live_through(t.target, &o, &allocator);
			allocator.fail_at = 0;
			ck_assert_int_eq(allocator.live, live);
			ck_assert(k > 5 || failed);
		}
	close_target(&t);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sampler misuse");
	TCase *arguments = fixture_case(suite, "arguments", "R16 R17 R18", setup, teardown);
	tcase_add_test(arguments, test_misuse__null_and_out_of_range);
	tcase_add_test(arguments, test_misuse__points_where_no_chain_can_stand);
	tcase_add_test(arguments, test_misuse__kernels_that_adapt_nothing);
	tcase_add_test(arguments, test_misuse__arrays_of_other_sizes);
	tcase_add_test(arguments, test_misuse__scales_in_the_dtype);
	tcase_add_test(arguments, test_misuse__statistics_of_other_ages);
	TCase *memory = new_case(suite, "memory", "R1");
	tcase_add_loop_test(memory, test_misuse__every_allocation_may_fail, 0, 4 * LOOP_KERNELS);
	return egm_test_main(suite);
}
