/* SPDX-License-Identifier: MIT */
/* S10, a generator of one number fitted to a histogram. A sample x adds to bin i, between the edges a_i and a_(i+1),
 * the share
 *
 *   Phi((a_(i+1) - x) / h) - Phi((a_i - x) / h),  Phi the distribution function of N(0, 1), h the bandwidth.
 *
 * The outermost edges are at infinity instead, so that the shares of a sample sum to 1; q is their mean over the batch.
 * Both distributions are then mixed with the uniform one, which gets the weight `floor`. */
#include <loss/system_impl.h>
#include <math.h>

enum { GENERATOR };
enum { DIVERGENCE };
enum { STREAM_Z };

static const egm_histogram_options defaults = EGM_HISTOGRAM_OPTIONS_INIT;
static const egm_choice divergence_choices[] = {{"kl", EGM_DIVERGENCE_KL},
                                                {"reverse_kl", EGM_DIVERGENCE_REVERSE_KL},
                                                {"jeffreys", EGM_DIVERGENCE_JEFFREYS},
                                                {"js", EGM_DIVERGENCE_JS}};
static EGM__FAMILY(divergences, "EGM_DIVERGENCE_", divergence_choices);
static const egm__option members[] = {
    EGM__CHOICE(egm_histogram_options, divergence, divergences,
                "Which divergence between the given masses and the samples is minimised."),
    EGM__RESERVED(egm_histogram_options, reserved),
    EGM__FINITE(egm_histogram_options, lower,
                "Lower end of the first bin, in data units; smaller samples count in that bin."),
    EGM__FINITE(egm_histogram_options, upper,
                "Upper end of the last bin, in data units; larger samples count in that bin."),
    EGM__POSITIVE(egm_histogram_options, bandwidth,
                  "Standard deviation of the normal kernel around each sample, in bins."),
    EGM__RANGE(egm_histogram_options, floor, 0, 1, 1, 1,
               "Share of both distributions that is spread evenly over the bins."),
};
EGM__OPTIONS(egm__options_histogram, egm_histogram_options, defaults, members);

enum { MOST_BINS = 1 << 20 };

/* In f32 a small floor becomes 0, and two edges, or two points a bandwidth apart, may become the same number. */
static egm_status check_resolution(const egm_loss *loss, int64_t bins)
{
	const egm_histogram_options *o = loss->options;
	const egm_dtype dtype = loss->dtype;
	double width = (o->upper - o->lower) / (double)bins, even = o->floor / (double)bins;
	double least = dtype == EGM_F32 ? (double)FLT_MIN : DBL_MIN, epsilon = dtype == EGM_F32 ? FLT_EPSILON : DBL_EPSILON;
	double far = fmax(fabs(o->lower), fabs(o->upper)), grain = fmax(epsilon * far, least);
	if (even < least)
		return egm__fail(EGM_ERR_ARGUMENT,
		                 "floor is %g, which is %g for each of %lld bins; must be at least %g for each in %s", o->floor,
		                 even, (long long)bins, least, egm__dtype_name(dtype));
	if (width * fmin(1, o->bandwidth) <= grain)
		return egm__fail(
		    EGM_ERR_ARGUMENT,
		    "a bin is %g wide and the bandwidth is %g bins; both must be above %g, the spacing of %s near %g", width,
		    o->bandwidth, grain, egm__dtype_name(dtype), far);
	return egm__loss_number(loss, "1/bandwidth", 1 / width / o->bandwidth);
}

static egm_status sum_masses(egm_array masses, double *sum)
{
	*sum = 0;
	for (int64_t i = 0; i < masses.rows * masses.columns; i++) {
		double mass = egm__number(masses.dtype, masses.data, i);
		if (!(mass >= 0) || !isfinite(mass))
			return egm__fail(EGM_ERR_ARGUMENT, "masses[%lld] is %g, must be at least 0 and finite", (long long)i, mass);
		*sum += mass;
	}
	if (*sum > 0 && isfinite(*sum)) return EGM_OK;
	return egm__fail(EGM_ERR_ARGUMENT, "the sum of masses is %g, must be above 0 and finite", *sum);
}

/* The constants of the loss: the inner edges [bins - 1], then the masses p [bins]. */
static egm_status fill_constants(egm_loss *loss, egm_array masses)
{
	const egm_histogram_options *o = loss->options;
	const int64_t n = masses.rows * masses.columns;
	double sum, width = (o->upper - o->lower) / (double)n;
	egm_status st = sum_masses(masses, &sum);
	if (st != EGM_OK) return st;
	loss->constants = egm__alloc(loss->context, n * 2, (int64_t)egm__dtype_size(loss->dtype));
	if (!loss->constants) return egm__fail(EGM_ERR_MEMORY, "no memory for %lld bins", (long long)n);
	loss->n_constants = 2 * n - 1;
	for (int64_t i = 1; i < n; i++) egm__number_put(loss->dtype, loss->constants, i - 1, o->lower + (double)i * width);
	for (int64_t i = 0; i < n; i++) {
		double mixed = (1 - o->floor) * egm__number(masses.dtype, masses.data, i) / sum + o->floor / (double)n;
		egm__number_put(loss->dtype, loss->constants, n - 1 + i, mixed);
	}
	return EGM_OK;
}

static int64_t bins_of(const egm_loss *loss)
{
	return (loss->n_constants + 1) / 2;
}

/* [batch, bins]: differences of Phi at the edges. */
static egm__id shares(egm__graph *g, egm__id x, egm__id edges, double h)
{
	int64_t rows = egm__graph_shape(g, x)->d[0], n = egm__graph_shape(g, edges)->d[1] + 1;
	egm__id t = egm__scale(g, egm__sub(g, edges, x), sqrt(0.5) / h);
	egm__id phi = egm__affine(g, egm__erf(g, t), 0.5, 0.5);
	egm__id up[2] = {phi, egm__const(g, 1, egm__shape2(rows, 1))};
	egm__id low = egm__pad(g, phi, 1, n - egm__graph_shape(g, phi)->d[1], 0);
	return egm__sub(g, egm__concat(g, 2, up, 1), low);
}

/* KL(a || b) of rows [1, bins] */
static egm__id kl(egm__graph *g, egm__id a, egm__id b)
{
	egm__id log_b = egm__ln(g, b);
	return egm__sum(g, egm__mul(g, a, egm__sub(g, egm__ln(g, a), log_b)), 3);
}

static egm__id divergence(egm__graph *g, int32_t kind, egm__id p, egm__id q)
{
	egm__id middle = egm__scale(g, egm__add(g, p, q), 0.5), other;
	switch (kind) {
	case EGM_DIVERGENCE_KL:
		return kl(g, p, q);
	case EGM_DIVERGENCE_REVERSE_KL:
		return kl(g, q, p);
	case EGM_DIVERGENCE_JEFFREYS:
		other = kl(g, q, p);
		return egm__add(g, kl(g, p, q), other);
	default:
		other = kl(g, q, middle);
		return egm__scale(g, egm__add(g, kl(g, p, middle), other), 0.5);
	}
}

static void build(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_histogram_options *o = loss->options;
	egm__graph *g = p->graph;
	const int64_t bins = bins_of(loss);
	egm__id edges = egm__leaf(g, EGM__SLOT_CONSTANTS, 0, egm__shape2(1, bins - 1));
	egm__id masses = egm__leaf(g, EGM__SLOT_CONSTANTS, bins - 1, egm__shape2(1, bins));
	egm__id x = egm__net(p, loss, GENERATOR, egm__latent(p, loss, GENERATOR, STREAM_Z));
	egm__id share = shares(g, x, edges, o->bandwidth * (o->upper - o->lower) / (double)bins);
	/* relu: by rounding a share may be slightly below 0 */
	egm__id q = egm__scale(g, egm__sum(g, egm__relu(g, share), 1), (1 - o->floor) / (double)p->batch);
	q = egm__affine(g, q, 1, o->floor / (double)bins);
	egm__term_add(p, DIVERGENCE, divergence(g, o->divergence, masses, q), 1);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	egm_histogram_options *o = loss->options;
	if (o->lower == 0 && o->upper == 0) o->lower = defaults.lower, o->upper = defaults.upper;
	loss->variant = egm__choice_name(&divergences, o->divergence);
	egm__phase_add(loss, "generator", 1u << GENERATOR, 1, 0, build);
	if (o->lower < o->upper && isfinite(o->upper - o->lower)) return EGM_OK;
	return egm__fail(EGM_ERR_ARGUMENT, "lower is %g and upper is %g, upper - lower must be above 0 and finite",
	                 o->lower, o->upper);
}

static const egm__system histogram = {.kind = "histogram",
                                      .options = &egm__options_histogram,
                                      .n_nets = 1,
                                      .nets = {{"generator", "k", "1"}},
                                      .terms = {"divergence"},
                                      .describe = describe};

static egm_status check_masses(egm_array masses)
{
	egm_status st = egm__array_fits(masses, "masses", 0, 0);
	if (st != EGM_OK) return st;
	const int64_t bins = masses.rows * masses.columns;
	if (bins >= 2 && bins <= MOST_BINS) return EGM_OK;
	return egm__fail(EGM_ERR_SHAPE, "masses has %lld numbers, must have 2 to %d", (long long)bins, MOST_BINS);
}

egm_status egm_loss_histogram(egm_loss **out, egm_model *generator, egm_array masses,
                              const egm_histogram_options *options)
{
	egm_status st = EGM_OK;
	egm_loss *loss = NULL;
	if (!out) EGM_FAIL(EGM_ERR_ARGUMENT, "out is NULL");
	*out = NULL;
	EGM_TRY(egm__system_create(&loss, &histogram, &generator, options));
	EGM_TRY(check_masses(masses));
	EGM_TRY(check_resolution(loss, masses.rows * masses.columns));
	EGM_TRY(fill_constants(loss, masses));
	*out = loss;
	loss = NULL;
out:
	egm_loss_free(loss);
	return egm__named(__func__, st);
}
