/* SPDX-License-Identifier: MIT */
/* Input gradients at computed points: generated rows, interpolates, noisy rows, pairs. If a simplification of the graph
 * looked through the point, the gradient would be zero or lack a path, and value, gradient and differences would agree
 * on a wrong result. So the expected values have other sources: a graph without simplification, the critic's own input
 * gradient at rows that were computed before, and for some networks PyTorch (slope_reference.py). Pairs of networks are
 * searched, with every layer at the end of one and at the start of the other.
 *
 * EGM_TEST_PAIRS: how many pairs of networks instead of the default. */
#include "slope_nets.h"
#include "slope_reference.h"
#include "systems.h"
#include <graph/op_impl.h>
#include <loss/penalty_impl.h>
#include <oracle/listing.h>
#include <stdio.h>

enum { BATCH = 3, MOST = 1 << 14, PAIRS = 3600, BLOCKS = 8 };

static egm_context *context;
static egm_model *net[EGM__MAX_NETS];
static egm_loss *loss;
static uint64_t rng;

/* What a run of a phase reads and writes. */
typedef struct slope_io {
	double data[MOST], negatives[MOST], terms[EGM__MAX_TERMS], state[EGM__MAX_STATE];
	double gradient[EGM__MAX_NETS][MOST], statistics[MOST];
} slope_io;

static slope_io got, want;

static void setup(void)
{
	context = new_context();
}

static void drop(void)
{
	egm_loss_free(loss);
	loss = NULL;
	for (int i = 0; i < EGM__MAX_NETS; i++) {
		egm_model_free(net[i]);
		net[i] = NULL;
	}
}

static void teardown(void)
{
	drop();
	egm_context_free(context);
}

static void bind(slope_io *s, void **bases)
{
	memset(bases, 0, EGM__MAX_SLOTS * sizeof *bases);
	for (int32_t i = 0; i < loss->n_nets; i++) {
		ck_assert_int_le(net[i]->count, MOST);
		bases[EGM__SLOT_NET + i] = bases[EGM__SLOT_OLD + i] = net[i]->parameters;
		bases[EGM__SLOT_GRADIENT + i] = s->gradient[i];
	}
	bases[EGM__SLOT_DATA] = s->data;
	bases[EGM__SLOT_NEGATIVES] = s->negatives;
	bases[EGM__SLOT_TERMS] = s->terms;
	bases[EGM__SLOT_STATE] = s->state;
	bases[EGM__SLOT_CONSTANTS] = loss->constants;
	bases[EGM__SLOT_STATISTICS] = s->statistics;
}

static void compile_and_run(int32_t phase, slope_io *s)
{
	void *bases[EGM__MAX_SLOTS];
	egm__program *p = NULL;
	uint32_t terms;
	bind(s, bases);
	must(egm__loss_compile(loss, phase, BATCH, &p, &terms));
	run_on_nan(context, p, bases, 5, 6);
	egm__program_free(p);
}

static void interpret_as_written(int32_t phase, slope_io *s)
{
	void *bases[EGM__MAX_SLOTS];
	uint32_t terms;
	egm__graph *g = NULL;
	bind(s, bases);
	must(egm__graph_create(&g, context, EGM_F64));
	g->simplify = 0;
	must(egm__loss_write(loss, phase, BATCH, g, &terms));
	must(egm__graph_interpret(g, bases, 5, 6));
	egm__graph_free(g);
}

static void fill(slope_io *s, uint64_t seed)
{
	memset(s, 0, sizeof *s);
	for (int i = 0; i < MOST; i++) s->data[i] = random_signed(&seed), s->negatives[i] = random_signed(&seed);
}

/* ---- the search */

/* Widths of systems.h in the data and latent widths of the pair. */
static int64_t width_of(int64_t w, int64_t d, int64_t k)
{
	switch (w) {
	case LATENT_WIDTH:
		return k;
	case DATA_WIDTH:
		return d;
	case 2 * LATENT_WIDTH:
		return 2 * k;
	case DATA_WIDTH + LATENT_WIDTH:
		return d + k;
	case 2 * DATA_WIDTH:
		return 2 * d;
	default:
		return w;
	}
}

/* All networks of a system; those with one output begin with `first`, the others end with `last`. */
static void make_nets(const system_row *s, int first, int last)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	static const int64_t data_widths[] = {1, 3, 4, 5, 8, 12, 16};
	int64_t d = data_widths[random_below(&rng, 7)], k = 2 + random_below(&rng, 3);
	for (int i = 0; i < s->n_nets; i++) {
		int64_t inputs = width_of(s->width[i][0], d, k), outputs = width_of(s->width[i][1], d, k);
		int critic = s->width[i][1] == 1;
		net[i] =
		    slope_net(context, names[i], inputs, outputs, critic ? first : (int)random_below(&rng, LAYER_BATCH_NORM),
		              critic ? (int)random_below(&rng, 2) : last, &rng);
	}
}

static const system_row *system_of(int64_t index, int *variant)
{
	int64_t all = 0;
	for (int i = 0; i < SYSTEMS; i++) all += systems[i].variants;
	index %= all;
	for (int i = 0;; i++) {
		if (index < systems[i].variants) {
			*variant = (int)index;
			return &systems[i];
		}
		index -= systems[i].variants;
	}
}

/* Both ways round alike but for the order of sums of at most some hundred terms, each in a chain of at most some ten
 * layers and its derivatives: 1e-16 x 1e3 x what is lost to cancellation in norms of layers (epsilon .01: 1e2 a
 * derivative) leaves 1e-9 of the largest number of the gradient. */
static void compare(const char *what, int64_t n, const double *a, const double *b)
{
	double scale = 1;
	for (int64_t i = 0; i < n; i++) scale = fmax(scale, fabs(b[i]));
	for (int64_t i = 0; i < n; i++)
		ck_assert_msg(fabs(a[i] - b[i]) <= 1e-9 * scale, "%s, number %lld: program %.15g, as written %.15g", what,
		              (long long)i, a[i], b[i]);
}

static void compare_phase(const char *pair, int32_t phase)
{
	char what[160];
	fill(&got, 3);
	fill(&want, 3);
	compile_and_run(phase, &got);
	interpret_as_written(phase, &want);
	snprintf(what, sizeof what, "%s, phase %d, terms", pair, (int)phase);
	compare(what, EGM__MAX_TERMS, got.terms, want.terms);
	for (int32_t i = 0; i < loss->n_nets; i++) {
		snprintf(what, sizeof what, "%s, phase %d, gradient of %s", pair, (int)phase, loss->roles[i]);
		compare(what, net[i]->count, got.gradient[i], want.gradient[i]);
	}
}

static int64_t pairs(void)
{
	const char *more = getenv("EGM_TEST_PAIRS");
	return more ? atoll(more) : PAIRS;
}

/* Each pair takes the next system, so that over the pairs every system meets every two layers in time: 82 variants and
 * 21 x 22 layers have no large factor in common. */
START_TEST(test_slope_points__nothing_is_seen_through)
{
	int64_t n = pairs();
	for (int64_t i = _i; i < n; i += BLOCKS) {
		int variant, first = (int)(i / 3 % LAYER_BATCH_NORM), last = (int)(i / 3 / LAYER_BATCH_NORM % LAYER_KINDS);
		char pair[96];
		loss_claim claim = {0};
		rng = (uint64_t)i * 2654435761u + 7;
		for (int j = 0; j < 20; j++) random_signed(&rng);
		const system_row *s = system_of(i * 37, &variant);
		make_nets(s, first, last);
		snprintf(pair, sizeof pair, "pair %lld: %s %d, first %d, last %d", (long long)i, s->name, variant, first, last);
		egm_status st = s->create(&loss, net, variant, &claim);
		if (st == EGM_ERR_ARGUMENT && last == LAYER_BATCH_NORM) { /* a network that is differentiated by its input */
			ck_assert_ptr_nonnull(strstr(egm_last_error(), "batch_norm"));
		} else {
			must(st);
			for (int32_t phase = 0; phase < loss->n_phases; phase++) compare_phase(pair, phase);
		}
		drop();
	}
}
END_TEST

/* ---- value and gradient from rows that are data */

enum { CRITIC, GENERATOR, PENALTY = 2 };
enum { KINDS = 4, PLACES = 4 };

/* Noise as the phase draws it. */
static void draw(uint32_t stream, int uniform, int64_t rows, int64_t columns, double *out)
{
	void *bases[EGM__MAX_SLOTS] = {[1] = out};
	egm__graph *g = NULL;
	must(egm__graph_create(&g, context, EGM_F64));
	egm__shape shape = egm__shape2(rows, columns);
	egm__graph_output(g, uniform ? egm__uniform(g, stream, shape) : egm__normal(g, stream, shape), 1, 0);
	must(egm__graph_interpret(g, bases, 5, 6));
	egm__graph_free(g);
}

/* The points of the penalty as rows of numbers; returns how many. */
static int64_t points_as_data(int place, const double *real, double *x)
{
	static double z[MOST], fake[MOST], a[BATCH];
	int64_t d = net[CRITIC]->inputs, n = BATCH * d;
	draw(0, 0, BATCH, net[GENERATOR]->inputs, z);
	must(egm_model_run(net[GENERATOR], egm_f64(z, BATCH, net[GENERATOR]->inputs),
	                   egm_f64_out(fake, BATCH, egm_model_outputs(net[GENERATOR]))));
	draw(EGM__STREAM_PENALTY, 1, BATCH, 1, a);
	for (int64_t i = 0; i < n; i++) {
		double between = fake[i] + a[i / d] * (real[i] - fake[i]);
		x[i] = place == EGM_AT_REAL || place == EGM_AT_BOTH ? real[i] : place == EGM_AT_FAKE ? fake[i] : between;
		x[n + i] = fake[i];
	}
	return place == EGM_AT_BOTH ? 2 * BATCH : BATCH;
}

static double penalty_of_rows(int kind, int64_t rows, const double *x)
{
	static double slope[MOST];
	int64_t d = net[CRITIC]->inputs;
	double sum = 0;
	must(egm_model_energy_gradient(net[CRITIC], egm_f64(x, rows, d), egm_no_out(), egm_f64_out(slope, rows, d)));
	for (int64_t r = 0; r < rows; r++) {
		double square = 0;
		for (int64_t i = 0; i < d; i++) square += slope[r * d + i] * slope[r * d + i];
		double above = sqrt(square) - 1, one = fmax(above, 0);
		sum += kind == EGM_PENALTY_ZERO_CENTERED ? square
		       : kind == EGM_PENALTY_ONE_SIDED   ? one * one
		       : kind == EGM_PENALTY_LINEAR      ? one + 1
		                                         : above * above;
	}
	return sum / (double)rows;
}

/* The critic's objective, its penalty from rows that are data. */
static double objective(int kind, int place, double weight)
{
	static double x[MOST];
	fill(&want, 3);
	compile_and_run(CRITIC, &want);
	return want.terms[1] - want.terms[0] + weight * penalty_of_rows(kind, points_as_data(place, want.data, x), x);
}

/* Differences along a direction: truncation h^2 f''' and rounding eps f / h meet near 1e-10 of the largest of them for
 * h = 1e-5. Second derivatives of kinked networks jump; a kink between the two points spoils one h, rarely all three.
 */
static void check_direction(int kind, int place, double weight)
{
	double *w = net[CRITIC]->parameters, keep[MOST], v[MOST], slope = 0, size = 1, f[2], differences[3];
	int64_t n = net[CRITIC]->count;
	memcpy(keep, w, (size_t)n * sizeof *w);
	for (int32_t t = 0; t < net[CRITIC]->n_tensors; t++)
		for (int64_t i = 0; i < net[CRITIC]->tensors[t].count; i++)
			v[net[CRITIC]->tensors[t].offset + i] = net[CRITIC]->tensors[t].trained ? random_signed(&rng) : 0;
	for (int64_t i = 0; i < n; i++)
		slope += v[i] * got.gradient[CRITIC][i], size += fabs(v[i] * got.gradient[CRITIC][i]);
	for (int j = 0; j < 3; j++) {
		double h = j == 0 ? 1e-5 : j == 1 ? 1e-6 : 1e-7;
		for (int side = 0; side < 2; side++) {
			for (int64_t i = 0; i < n; i++) w[i] = keep[i] + (side ? h : -h) * v[i];
			f[side] = objective(kind, place, weight);
		}
		memcpy(w, keep, (size_t)n * sizeof *w);
		differences[j] = (f[1] - f[0]) / (2 * h);
		if (fabs(differences[j] - slope) <= 1e-6 * size) return;
	}
	ck_abort_msg("directional derivative %.12g, differences %.12g, %.12g, %.12g", slope, differences[0], differences[1],
	             differences[2]);
}

/* Every kind of penalty at every kind of points, the critic's first layer and the generator's last. */
START_TEST(test_slope_points__as_at_rows_of_data)
{
	static double x[MOST];
	int64_t n = pairs() / 3;
	for (int64_t i = _i; i < n; i += BLOCKS) {
		int first = (int)(i % LAYER_BATCH_NORM), last = (int)(i / LAYER_BATCH_NORM % LAYER_BATCH_NORM);
		int kind = EGM_PENALTY_TWO_SIDED + (int)(i / 2 % KINDS), place = EGM_AT_INTERPOLATES + (int)(i % PLACES);
		egm_wgan_options o;
		rng = (uint64_t)i * 2654435761u + 11;
		for (int j = 0; j < 20; j++) random_signed(&rng);
		make_nets(&systems[1], first, last);
		o = (egm_wgan_options)EGM_WGAN_OPTIONS_INIT;
		o.penalty_kind = kind, o.penalty_at = place, o.penalty = 1.5;
		must(egm_loss_wgan(&loss, net[CRITIC], net[GENERATOR], &o));
		fill(&got, 3);
		compile_and_run(CRITIC, &got);
		double as_data = penalty_of_rows(kind, points_as_data(place, got.data, x), x);
		ck_assert_msg(fabs(got.terms[PENALTY] - as_data) <= 1e-10 * fmax(1, as_data),
		              "pair %lld, first %d, last %d, kind %d at %d: penalty %.15g, at rows of data %.15g", (long long)i,
		              first, last, kind, place, got.terms[PENALTY], as_data);
		check_direction(kind, place, 1.5);
		drop();
	}
}
END_TEST

/* ---- PyTorch */

/* The network of a text and the numbers of slope_reference.py. */
static egm_model *read_net(const char *name, int64_t inputs, const char *text)
{
	char copy[256], *rest, *at;
	egm_model *m = NULL;
	int32_t trained = 0;
	snprintf(copy, sizeof copy, "%s", text);
	must(egm_model_create(&m, context, name, inputs));
	for (char *layer = strtok_r(copy, ",", &rest); layer; layer = strtok_r(NULL, ",", &rest)) {
		char *kind = strtok_r(layer, " ", &at), *number;
		double p[EGM__LAYER_PARAMETERS] = {0};
		for (int i = 0; (number = strtok_r(NULL, " ", &at)); i++) p[i] = strtod(number, NULL);
		must(egm__model_add(m, egm__layer_kind_find(kind), p));
	}
	must(egm_model_build(m, EGM_F64, 1));
	for (int32_t t = 0; t < m->n_tensors; t++)
		if (m->tensors[t].trained) {
			for (int64_t j = 0; j < m->tensors[t].count; j++)
				((double *)m->parameters)[m->tensors[t].offset + j] = 0.4 * sin(0.7 * (double)j + trained);
			trained++;
		}
	return m;
}

static double project_gradient(const egm_model *m, const double *gradient)
{
	double sum = 0;
	int32_t trained = 0;
	for (int32_t t = 0; t < m->n_tensors; t++)
		if (m->tensors[t].trained) {
			for (int64_t j = 0; j < m->tensors[t].count; j++)
				sum += gradient[m->tensors[t].offset + j] * cos((double)j + trained);
			trained++;
		}
	return sum;
}

static void make_reference_loss(int is_wgan)
{
	egm_wgan_options w = EGM_WGAN_OPTIONS_INIT;
	egm_gan_options g = EGM_GAN_OPTIONS_INIT;
	w.penalty = g.penalty = 1;
	g.penalty_at = EGM_AT_FAKE;
	must(is_wgan ? egm_loss_wgan(&loss, net[CRITIC], net[GENERATOR], &w)
	             : egm_loss_gan(&loss, net[CRITIC], net[GENERATOR], &g));
}

/* Sums of at most some hundred terms of order 1, in chains of ten layers and their derivatives: 1e-14, of which 1e-15
 * is seen, and norms lose two digits. The slope of a network that sees through the point is wrong in the second. */
START_TEST(test_slope_points__agree_with_pytorch)
{
	const struct slope_reference *r = &slope_references[_i];
	int is_wgan = !strcmp(r->loss, "wgan");
	static double z[BATCH * 2];
	net[CRITIC] = read_net("critic", r->width, r->critic);
	net[GENERATOR] = read_net("generator", 2, r->generator);
	memset(net[GENERATOR]->parameters, 0, (size_t)net[GENERATOR]->tensors[0].count * sizeof(double));
	make_reference_loss(is_wgan);
	fill(&got, 3);
	for (int i = 0; i < BATCH * r->width; i++) got.data[i] = sin(1.3 * i);
	if (is_wgan)
		must(egm_model_run(net[GENERATOR], egm_f64(z, BATCH, 2),
		                   egm_f64_out(got.data, BATCH, egm_model_outputs(net[GENERATOR]))));
	compile_and_run(0, &got);
	double penalty = got.terms[is_wgan ? 2 : 1], gradient = project_gradient(net[CRITIC], got.gradient[CRITIC]);
	ck_assert_msg(fabs(penalty - r->penalty) <= 1e-12, "penalty %.17g, PyTorch %.17g", penalty, r->penalty);
	ck_assert_msg(fabs(gradient - r->gradient) <= 1e-12 * fmax(1, fabs(r->gradient)), "gradient %.17g, PyTorch %.17g",
	              gradient, r->gradient);
}
END_TEST

/* ---- cost */

static egm_status leaky(egm_model *m)
{
	return egm_model_leaky_relu(m, 0.2);
}

/* Floating point operations of the forward products of a network at n rows. */
static double forward(int64_t n, int layers, const int64_t *width)
{
	double sum = 0;
	for (int i = 0; i + 1 < layers; i++) sum += 2.0 * (double)(n * width[i] * width[i + 1]);
	return sum;
}

static double flops_of_critic(double penalty)
{
	egm_wgan_options o;
	egm__program *p = NULL;
	uint32_t terms;
	o = (egm_wgan_options)EGM_WGAN_OPTIONS_INIT;
	o.penalty_at = EGM_AT_BOTH, o.penalty = penalty;
	must(egm_loss_wgan(&loss, net[CRITIC], net[GENERATOR], &o));
	must(egm__loss_compile(loss, CRITIC, BATCH, &p, &terms));
	double flops = egm__program_flops(p);
	egm__program_free(p);
	egm_loss_free(loss);
	loss = NULL;
	return flops;
}

/* A penalty of a piecewise linear critic takes 4 passes through it, test_flops.c. At real and fake rows both, one of
 * them is also the pass of the critic's own terms. */
START_TEST(test_slope_points__share_the_pass_of_the_critic)
{
	static const int64_t d_width[] = {6, 9, 7, 1}, g_width[] = {2, 8, 6};
	net[CRITIC] = dense_net(context, "critic", 4, d_width, leaky, EGM_F32, 1);
	net[GENERATOR] = dense_net(context, "generator", 3, g_width, leaky, EGM_F32, 2);
	double added = flops_of_critic(1) - flops_of_critic(0), pass = forward(2 * BATCH, 4, d_width);
	ck_assert_msg(added > 0 && added <= 3 * pass, "a penalty at both adds %g passes", added / pass);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("slope_points");
	TCase *t = tcase_create("points");
	tcase_set_tags(t, "K25");
	tcase_set_timeout(t, 0);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_slope_points__nothing_is_seen_through, 0, BLOCKS);
	tcase_add_loop_test(t, test_slope_points__as_at_rows_of_data, 0, BLOCKS);
	tcase_add_loop_test(t, test_slope_points__agree_with_pytorch, 0,
	                    sizeof slope_references / sizeof *slope_references);
	tcase_add_test(t, test_slope_points__share_the_pass_of_the_critic);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
