/* SPDX-License-Identifier: MIT */
/* Probes: the rows that a callback gets, values that are not finite, rows that do not affect each other, siblings in
 * several threads, and runs without allocations. */
#include <pthread.h>
#include <target_support.h>

enum { DIMS = 3, ROWS = 8 };

/* ---- a callback that keeps a record */

typedef struct record {
	int calls, stop_at; /* stop at this call, 0: never */
	int64_t rows[32];
	double energy, slope; /* given for row `odd`; the others get sum x and ones */
	int64_t odd, seen;
} record;

static int recorded(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	record *r = user;
	if (r->calls < 32) r->rows[r->calls] = rows;
	if (++r->calls == r->stop_at) return -7;
	for (int64_t i = 0; i < rows; i++, r->seen++) {
		double sum = 0;
		for (int64_t d = 0; d < DIMS; d++) {
			sum += ((const double *)x)[i * DIMS + d];
			((double *)gradients)[i * DIMS + d] = r->seen == r->odd && d == 1 ? r->slope : 1;
		}
		((double *)energies)[i] = r->seen == r->odd ? r->energy : sum;
	}
	return 0;
}

static egm_target *recording(record *r, int32_t concurrent, int64_t rows, const double *lower)
{
	egm_target_options o = target_options();
	egm_target *t;
	*r = (record){.odd = -1};
	o.concurrent = concurrent;
	o.max_rows = rows;
	o.lower = lower;
	ck_assert_egm(egm_target_callback(&t, context, EGM_F64, DIMS, &o, recorded, r, NULL));
	return t;
}

static egm__probe *probe_of(egm_target *t, int64_t rows, egm__probe *sibling)
{
	egm__probe *p;
	ck_assert_egm(egm__probe_create(&p, t, rows, sibling));
	for (int64_t i = 0; i < rows; i++) p->bridge[i] = t->bridge;
	if (!sibling) egm__probe_prepare(p);
	return p;
}

START_TEST(test_probe__callback_gets_the_rows_asked_for)
{
	record r;
	egm_target *t = recording(&r, 0, 3, NULL), *parts = recording(&r, 1, 3, NULL);
	egm__probe *p = probe_of(t, ROWS, NULL), *q = probe_of(parts, ROWS, NULL);
	for (int64_t n = 1; n <= ROWS; n++) {
		draw_all((uint64_t)n, n * DIMS, 1, p->y);
		memcpy(q->y, p->y, (size_t)(n * DIMS) * sizeof(double));
		r = (record){.odd = -1};
		ck_assert_egm(egm__probe_run(p, n));
		ck_assert_int_eq(r.calls, 1); /* not concurrent: all at once, whatever `rows` says */
		ck_assert_int_eq(r.rows[0], n);
		r = (record){.odd = -1};
		ck_assert_egm(egm__probe_run(q, n));
		ck_assert_int_eq(r.calls, (n + 2) / 3);
		for (int i = 0; i < r.calls; i++) ck_assert_int_eq(r.rows[i], n - 3 * i < 3 ? n - 3 * i : 3);
		ck_assert_mem_eq(p->value, q->value, (size_t)n * sizeof(double));
		for (int64_t i = 0; i < n; i++) {
			const double *y = (const double *)p->y + i * DIMS;
			ck_assert(p->value[i] == y[0] + y[1] + y[2]);
			for (int d = 0; d < DIMS; d++) ck_assert(((double *)q->gradient)[i * DIMS + d] == 1);
		}
	}
	egm__probe_free(p);
	egm__probe_free(q);
	egm_target_free(t);
	egm_target_free(parts);
}
END_TEST

START_TEST(test_probe__callback_stops)
{
	record r;
	egm_target *t = recording(&r, 1, 3, NULL);
	egm__probe *p = probe_of(t, ROWS, NULL);
	r.stop_at = 2;
	fails(egm__probe_run(p, ROWS), EGM_ERR_STOPPED, "the energy callback returned -7, which stops the call");
	ck_assert_int_eq(r.calls, 2);
	ck_assert_egm(egm__probe_run(p, ROWS));
	egm__probe_free(p);
	egm_target_free(t);
}
END_TEST

/* Only its return value stops: numbers that are not finite come out as they are, and a gradient that is not finite
 * takes the value with it. Other rows do not notice. */
START_TEST(test_probe__nonfinite)
{
	static const struct {
		double energy, slope, value; /* value: NAN, or what V must be */
	} cases[] = {{1, 1, 1},
	             {INFINITY, 1, INFINITY},
	             {-INFINITY, 1, -INFINITY},
	             {NAN, 1, NAN},
	             {1, NAN, NAN},
	             {1, INFINITY, NAN},
	             {1, -INFINITY, NAN},
	             {NAN, NAN, NAN},
	             {INFINITY, NAN, INFINITY},
	             {-INFINITY, INFINITY, -INFINITY}};
	const double lower[DIMS] = {-INFINITY, 0, -INFINITY};
	for (int bounded = 0; bounded < 2; bounded++)
		for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
			record r;
			egm_target *t = recording(&r, 0, 1, bounded ? lower : NULL);
			egm__probe *p = probe_of(t, ROWS, NULL);
			r.odd = 2;
			r.energy = cases[c].energy;
			r.slope = cases[c].slope;
			ck_assert_egm(egm__probe_run(p, ROWS));
			for (int64_t i = 0; i < ROWS; i++) {
				double want = i == 2 ? cases[c].value : bounded; /* y = 0, and e^0 in the bounded coordinate */
				ck_assert(isnan(want) ? isnan(p->value[i]) : p->value[i] == want);
			}
			double energy = p->energy[2];
			ck_assert(isnan(r.energy) ? isnan(energy) : energy == r.energy);
			egm__probe_free(p);
			egm_target_free(t);
		}
}
END_TEST

/* ---- the gradient alone */

/* A network with a prior, with and without bounds: the gradient has the bits of a whole run, the operations that only U
 * needs are left out, and a point that is not finite is found. */
START_TEST(test_probe__gradient_alone)
{
	const double lower[DIMS] = {-INFINITY, 0, -INFINITY};
	egm_target_options o = target_options();
	egm_target *t;
	double want[ROWS * DIMS];
	egm_model *energy = net(context, "energy", DIMS, "8 softplus 6 tanh 1", EGM_F64);
	o.prior_scale = 0.7;
	o.lower = _i ? lower : NULL;
	ck_assert_egm(egm_target_model(&t, energy, &o));
	egm__probe *p = probe_of(t, ROWS, NULL);
	ck_assert(egm__probe_has_gradient_alone(p));
	draw_all(3, ROWS * DIMS, 1, p->y);
	p->bridge[2] = (egm__bridge){3, 0.25};
	ck_assert_egm(egm__probe_run(p, ROWS));
	memcpy(want, p->gradient, sizeof want);
	memset(p->gradient, 0, sizeof want);
	for (int i = 0; i < ROWS; i++) ((double *)p->u)[i] = 77;
	egm__probe_run_gradient(p, ROWS);
	ck_assert_mem_eq(p->gradient, want, sizeof want);
	for (int i = 0; i < ROWS; i++) ck_assert(((double *)p->u)[i] == 77 && isfinite(p->value[i]));
	((double *)p->y)[4] = NAN;
	egm__probe_run_gradient(p, ROWS);
	for (int i = 0; i < ROWS; i++) ck_assert_int_eq(isfinite(p->value[i]) != 0, i != 1);
	egm__probe_free(p);
	egm_target_free(t);
	egm_model_free(energy);
}
END_TEST

/* An energy that tells more than its gradient is always computed: a callback's, and that of a volume that may be 0. */
START_TEST(test_probe__who_has_no_gradient_alone)
{
	record r;
	egm_model *energy = net(context, "energy", 4, "1", EGM_F64), *generator = net(context, "g", 2, "4", EGM_F64);
	for (int32_t kind = 0; kind <= EGM_LATENT_PULLBACK; kind++) {
		egm_target *t = kind ? NULL : recording(&r, 0, 3, NULL);
		if (kind) ck_assert_egm(egm_target_latent(&t, energy, generator, kind, NULL));
		egm__probe *p = probe_of(t, ROWS, NULL);
		ck_assert_int_eq(egm__probe_has_gradient_alone(p), kind == EGM_LATENT_ENERGY || kind == EGM_LATENT_POSTERIOR);
		egm__probe_free(p);
		egm_target_free(t);
	}
	egm_model_free(energy);
	egm_model_free(generator);
}
END_TEST

/* ---- weights */

/* Rows with weights of their own, in the order in which nothing, one, or all of them are the same, against V and its
 * gradient written out. */
START_TEST(test_probe__bridges)
{
	static const egm__bridge mixed[ROWS] = {{1, 0}, {1, 0}, {0.5, 0}, {0.5, 2}, {0.5, 2}, {1, 2}, {1, 0}, {0.25, 0.5}};
	egm_model *u = net(context, "u", DIMS, "8 tanh 1", EGM_F64);
	egm_target *t;
	double energy[ROWS], slope[ROWS * DIMS];
	ck_assert_egm(egm_target_model(&t, u, NULL));
	egm__probe *p = probe_of(t, ROWS, NULL);
	draw_all(3, ROWS * DIMS, 1, p->y);
	ck_assert_egm(egm_model_energy_gradient(u, egm_f64(p->y, ROWS, DIMS), egm_f64_out(energy, ROWS, 1),
	                                        egm_f64_out(slope, ROWS, DIMS)));
	for (int same = 0; same <= ROWS; same++) {
		for (int i = 0; i < ROWS; i++) p->bridge[i] = same == ROWS ? mixed[i] : mixed[same];
		ck_assert_egm(egm__probe_run(p, ROWS));
		for (int i = 0; i < ROWS; i++) {
			const egm__bridge *b = &p->bridge[i];
			double want = b->beta * energy[i];
			for (int d = 0; d < DIMS; d++) {
				double y = ((double *)p->y)[i * DIMS + d], g = b->beta * slope[i * DIMS + d] + b->precision * y;
				want += b->precision * y * y / 2;
				ck_assert(fabs(((double *)p->gradient)[i * DIMS + d] - g) <= 1e-13 * (1 + fabs(g)));
			}
			ck_assert(fabs(p->value[i] - want) <= 1e-13 * (1 + fabs(want)));
			ck_assert(fabs(p->energy[i] - energy[i]) <= 1e-13 * (1 + fabs(energy[i])));
		}
	}
	egm__probe_free(p);
	egm_target_free(t);
	egm_model_free(u);
}
END_TEST

/* ---- rows by themselves */

static const char *const kind_names[] = {"model", "energy", "posterior", "pullback"};

/* A target of each kind over fresh networks, in a box on its first coordinate for every second one. */
static egm_target *target_of(egm_context *c, int kind, egm_dtype dtype)
{
	const double lower[2] = {-2, -INFINITY};
	egm_model *u = net(c, "u", kind ? 3 : 2, "24 tanh 9 softplus 1", dtype), *g = NULL;
	egm_target_options o = target_options();
	egm_target *t;
	o.beta = 1.5;
	if (kind % 2) o.lower = lower;
	if (kind) {
		g = net(c, "g", 2, "7 tanh 3", dtype);
		ck_assert_egm(egm_target_latent(&t, u, g, kind, &o));
	} else {
		ck_assert_egm(egm_target_model(&t, u, &o));
	}
	egm_model_free(u); /* the target keeps them */
	egm_model_free(g);
	return t;
}

/* A point has the same bits in any row, with any neighbours and any number of rows: chains must not depend on each
 * other. */
START_TEST(test_probe__rows_do_not_see_each_other)
{
	egm_dtype dtype = _i % 2 ? EGM_F32 : EGM_F64;
	size_t row = 2 * egm__dtype_size(dtype);
	egm_target *t = target_of(context, _i / 2, dtype);
	enum { N = 37 };
	egm__probe *p = probe_of(t, N, NULL), *one = probe_of(t, 1, NULL);
	double y[2 * N], stored[2 * N];
	draw_all(8, 2 * N, 1, y);
	store(dtype, 2 * N, y, stored);
	memcpy(p->y, stored, N * row);
	ck_assert_egm(egm__probe_run(p, N));
	for (size_t i = 0; i < N; i++) {
		memcpy(one->y, (char *)stored + i * row, row);
		ck_assert_egm(egm__probe_run(one, 1));
		ck_assert_msg(!memcmp(one->value, &p->value[i], sizeof(double)), "%s: row %zu alone", kind_names[_i / 2], i);
		ck_assert_mem_eq(one->gradient, (char *)p->gradient + i * row, row);
		ck_assert_mem_eq(one->energy, &p->energy[i], sizeof(double));
		ck_assert_mem_eq(one->jacobian, &p->jacobian[i], sizeof(double));
	}
	double kept = p->value[3];
	memset(p->y, 0xff, N * row); /* neighbours that are NaN */
	memcpy(p->y, (char *)stored + 3 * row, row);
	ck_assert_egm(egm__probe_run(p, 5));
	ck_assert_mem_eq(p->value, &kept, sizeof kept);
	ck_assert(isnan(p->value[1]));
	egm__probe_free(p);
	egm__probe_free(one);
	egm_target_free(t);
}
END_TEST

/* ---- siblings */

typedef struct worker {
	egm__probe *probe;
	const double *y;
	double value[ROWS], gradient[2 * ROWS];
	int differed;
} worker;

static void *work(void *argument)
{
	worker *w = argument;
	for (int i = 0; i < 300; i++) {
		memcpy(w->probe->y, w->y, sizeof w->gradient);
		if (egm__probe_run(w->probe, ROWS) != EGM_OK) w->differed = 1;
		if (i && (memcmp(w->value, w->probe->value, sizeof w->value) ||
		          memcmp(w->gradient, w->probe->gradient, sizeof w->gradient)))
			w->differed = 1;
		memcpy(w->value, w->probe->value, sizeof w->value);
		memcpy(w->gradient, w->probe->gradient, sizeof w->gradient);
	}
	return NULL;
}

START_TEST(test_probe__siblings_give_equal_bits_from_two_threads)
{
	egm_target *t = target_of(context, _i, EGM_F64);
	egm__probe *p = probe_of(t, ROWS, NULL), *q = probe_of(t, ROWS, p);
	double y[2 * ROWS];
	pthread_t thread;
	draw_all(2, 2 * ROWS, 1, y);
	worker here = {.probe = p, .y = y}, there = {.probe = q, .y = y};
	ck_assert_int_eq(pthread_create(&thread, NULL, work, &there), 0);
	work(&here);
	pthread_join(thread, NULL);
	ck_assert(!here.differed && !there.differed);
	ck_assert_mem_eq(here.value, there.value, sizeof here.value);
	ck_assert_mem_eq(here.gradient, there.gradient, sizeof here.gradient);
	egm__probe_free(q);
	egm__probe_free(p);
	egm_target_free(t);
}
END_TEST

/* ---- networks that change */

START_TEST(test_probe__follows_the_parameters)
{
	egm_model *u = net(context, "u", 3, "24 tanh 1", EGM_F64), *g = net(context, "g", 2, "7 tanh 3", EGM_F64);
	egm_model *nets[2] = {u, g};
	egm_target *t;
	double y[2] = {0.4, -0.3}, want, values[512];
	ck_assert_egm(egm_target_latent(&t, u, g, EGM_LATENT_PULLBACK, NULL));
	egm__probe *p = probe_of(t, 1, NULL), *q = probe_of(t, 1, p);
	for (int i = 0; i < 4; i++) {
		uint64_t before = egm__target_version(t);
		egm_model *m = nets[i % 2];
		int64_t count = egm_model_parameter_count(m);
		draw_all((uint64_t)i + 100, count, 1, values);
		if (i < 2)
			ck_assert_egm(egm_model_set_parameters(m, egm_f64(values, count, 1)));
		else
			ck_assert_egm(egm_model_set_tensor(m, "0.bias", egm_f64(values, i % 2 ? 7 : 24, 1)));
		ck_assert(egm__target_version(t) != before);
		egm__probe_prepare(p);
		want = value_at(t, y); /* compiles again */
		memcpy(p->y, y, sizeof y);
		memcpy(q->y, y, sizeof y);
		ck_assert_egm(egm__probe_run(p, 1));
		ck_assert_egm(egm__probe_run(q, 1));
		ck_assert_mem_eq(p->value, &want, sizeof want);
		ck_assert_mem_eq(q->value, &want, sizeof want);
	}
	uint64_t version = egm__target_version(t);
	ck_assert_egm(egm_model_parameters(u, egm_f64_out(values, egm_model_parameter_count(u), 1)));
	value_at(t, y);
	values[0] = NAN; /* rejected, so nothing has changed */
	ck_assert_int_eq(egm_model_set_parameters(u, egm_f64(values, egm_model_parameter_count(u), 1)), EGM_ERR_NONFINITE);
	ck_assert(egm__target_version(t) == version);
	egm__probe_free(q);
	egm__probe_free(p);
	egm_target_free(t);
	egm_model_free(u);
	egm_model_free(g);
}
END_TEST

/* ---- memory */

START_TEST(test_probe__running_allocates_nothing)
{
	for (int kind = 0; kind < 4; kind++) {
		egm_target *t = target_of(context, kind, EGM_F32);
		egm__probe *p = probe_of(t, ROWS, NULL), *q = probe_of(t, ROWS, p);
		long calls = allocator.calls;
		for (int i = 0; i < 3; i++) {
			egm__probe_prepare(p);
			ck_assert_egm(egm__probe_run(p, ROWS));
			ck_assert_egm(egm__probe_run(q, 3));
			ck_assert_egm(egm__probe_run_points(p, 2));
		}
		ck_assert_int_eq(allocator.calls, calls);
		egm__probe_free(q);
		egm__probe_free(p);
		egm_target_free(t);
	}
}
END_TEST

/* Each allocation of a probe and its sibling fails once: the error is EGM_ERR_MEMORY, and nothing leaks. */
START_TEST(test_probe__allocations_fail_one_by_one)
{
	egm_target *t = target_of(context, _i, EGM_F64);
	long live = allocator.live;
	for (long k = 1;; k++) {
		egm__probe *p = NULL, *q = NULL;
		allocator.calls = 0;
		allocator.fail_at = k;
		egm_status st = egm__probe_create(&p, t, ROWS, NULL);
		if (st == EGM_OK) st = egm__probe_create(&q, t, ROWS, p);
		allocator.fail_at = 0;
		if (st == EGM_OK) {
			ck_assert_ptr_nonnull(q);
			ck_assert_int_gt(k, 20);
		} else {
			ck_assert_int_eq(st, EGM_ERR_MEMORY);
			ck_assert_ptr_null(q);
		}
		egm__probe_free(q);
		egm__probe_free(p);
		ck_assert_int_eq(allocator.live, live);
		if (st == EGM_OK) break;
	}
	egm_target_free(t);
}
END_TEST

START_TEST(test_probe__too_large_for_memory)
{
	record r;
	egm_target *t = recording(&r, 0, 1, NULL);
	egm__probe *p;
	fails(egm__probe_create(&p, t, INT64_MAX / 4, NULL), EGM_ERR_MEMORY,
	      "out of memory for 2305843009213693951 points of 3 dimensions");
	ck_assert_ptr_null(p);
	egm_target_free(t);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sampler/probe");
	TCase *tc = fixture_case(suite, "callback", NULL, setup, teardown);
	tcase_add_test(tc, test_probe__callback_gets_the_rows_asked_for);
	tcase_add_test(tc, test_probe__callback_stops);
	tcase_add_test(tc, test_probe__nonfinite);
	tc = fixture_case(suite, "gradient", NULL, setup, teardown);
	tcase_add_loop_test(tc, test_probe__gradient_alone, 0, 2);
	tcase_add_test(tc, test_probe__who_has_no_gradient_alone);
	tc = fixture_case(suite, "rows", "E6", setup, teardown);
	tcase_add_test(tc, test_probe__bridges);
	tcase_add_loop_test(tc, test_probe__rows_do_not_see_each_other, 0, 8);
	tcase_add_loop_test(tc, test_probe__siblings_give_equal_bits_from_two_threads, 0, 4);
	tcase_add_test(tc, test_probe__follows_the_parameters);
	tc = fixture_case(suite, "memory", NULL, setup, teardown);
	tcase_add_test(tc, test_probe__running_allocates_nothing);
	tcase_add_loop_test(tc, test_probe__allocations_fail_one_by_one, 0, 4);
	tcase_add_test(tc, test_probe__too_large_for_memory);
	return egm_test_main(suite);
}
