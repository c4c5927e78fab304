/* SPDX-License-Identifier: MIT */
/* S10, a generator of one number fitted to a histogram. Sample x gives bin i, between edges a_i and a_(i+1), the share
 *
 *   Phi((a_(i+1) - x) / h) - Phi((a_i - x) / h),  Phi the normal distribution function,
 *
 * where the outermost edges lie at infinity, so that the shares of a sample sum to 1; q is their mean over the batch.
 * Both laws are then mixed with the even one, by a share `floor`. */
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
    EGM__FINITE(egm_histogram_options, lower, "Lower end of the first bin, in data units."),
    EGM__FINITE(egm_histogram_options, upper, "Upper end of the last bin, in data units."),
    EGM__POSITIVE(egm_histogram_options, bandwidth, "Standard deviation of the normal kernel on each sample, in bins."),
    EGM__RANGE(egm_histogram_options, floor, 0, 1, 1, 1,
               "Share of both distributions that is spread evenly over the bins."),
};
EGM__OPTIONS(egm__options_histogram, egm_histogram_options, defaults, members);

/* In f32 a small floor is 0, and neighbouring edges, or a sample and its kernel, may be the same number. */
static egm_status check_resolution(egm_dtype dtype, const egm_histogram_options *o)
{
	double width = (o->upper - o->lower) / o->bins, even = o->floor / o->bins;
	double least = dtype == EGM_F32 ? (double)FLT_MIN : DBL_MIN, epsilon = dtype == EGM_F32 ? FLT_EPSILON : DBL_EPSILON;
	double far = fmax(fabs(o->lower), fabs(o->upper)), grain = fmax(epsilon * far, least);
	if (even < least)
		return egm__fail(EGM_ERR_ARGUMENT, "histogram: floor = %g over %d bins is %g each, too little for %s", o->floor,
		                 (int)o->bins, even, egm__dtype_name(dtype));
	if (width * fmin(1, o->bandwidth) <= grain)
		return egm__fail(
		    EGM_ERR_ARGUMENT,
		    "histogram: bins of %g and a bandwidth of %g of them: %s tells no numbers closer than %g apart "
		    "near %g",
		    width, o->bandwidth, egm__dtype_name(dtype), grain, far);
	return EGM_OK;
}

/* constants: the inner edges [bins - 1], then the masses p [bins] */
static egm_status fill_constants(egm_loss *loss, const egm_histogram_options *o)
{
	int32_t n = o->bins;
	double sum = 0, width = (o->upper - o->lower) / n;
	for (int32_t i = 0; i < n; i++) {
		if (!(o->masses[i] >= 0) || !isfinite(o->masses[i]))
			return egm__fail(EGM_ERR_ARGUMENT, "histogram: masses[%d] = %g is not a number >= 0", (int)i, o->masses[i]);
		sum += o->masses[i];
	}
	if (!(sum > 0) || !isfinite(sum)) return egm__fail(EGM_ERR_ARGUMENT, "histogram: the masses sum to %g", sum);
	loss->constants = egm__alloc(loss->context, (size_t)n * 2, egm__dtype_size(loss->dtype));
	if (!loss->constants) return egm__fail(EGM_ERR_MEMORY, "histogram: no memory for %d bins", (int)n);
	for (int32_t i = 1; i < n; i++) egm__number_put(loss->dtype, loss->constants, i - 1, o->lower + i * width);
	for (int32_t i = 0; i < n; i++) {
		double mixed = (1 - o->floor) * o->masses[i] / sum + o->floor / n;
		egm__number_put(loss->dtype, loss->constants, n - 1 + i, mixed);
	}
	return EGM_OK;
}

/* Phi at the inner edges, then shares by differences, [batch, bins] */
static egm__id shares(egm__graph *g, egm__id x, egm__id edges, double h)
{
	int64_t rows = egm__graph_shape(g, x)->d[0], n = egm__graph_shape(g, edges)->d[1] + 1;
	egm__id t = egm__scale(g, egm__sub(g, edges, x), sqrt(0.5) / h);
	egm__id phi = egm__affine(g, egm__erf(g, t), 0.5, 0.5);
	egm__id up[2] = {phi, egm__const(g, 1, egm__shape2(rows, 1))};
	return egm__sub(g, egm__concat(g, 2, up, 1), egm__pad(g, phi, 1, n - egm__graph_shape(g, phi)->d[1], 0));
}

/* KL(a || b) of rows [1, bins] */
static egm__id kl(egm__graph *g, egm__id a, egm__id b)
{
	return egm__sum(g, egm__mul(g, a, egm__sub(g, egm__ln(g, a), egm__ln(g, b))), 3);
}

static egm__id divergence(egm__graph *g, int32_t kind, egm__id p, egm__id q)
{
	egm__id middle = egm__scale(g, egm__add(g, p, q), 0.5);
	switch (kind) {
	case EGM_DIVERGENCE_KL:
		return kl(g, p, q);
	case EGM_DIVERGENCE_REVERSE_KL:
		return kl(g, q, p);
	case EGM_DIVERGENCE_JEFFREYS:
		return egm__add(g, kl(g, p, q), kl(g, q, p));
	default:
		return egm__scale(g, egm__add(g, kl(g, p, middle), kl(g, q, middle)), 0.5);
	}
}

static void build(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_histogram_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id edges = egm__leaf(g, EGM__SLOT_CONSTANTS, 0, egm__shape2(1, o->bins - 1));
	egm__id masses = egm__leaf(g, EGM__SLOT_CONSTANTS, o->bins - 1, egm__shape2(1, o->bins));
	egm__id x = egm__net(p, loss, GENERATOR, egm__latent(p, loss, GENERATOR, STREAM_Z));
	egm__id share = shares(g, x, edges, o->bandwidth * (o->upper - o->lower) / o->bins);
	/* rounding may leave a share a hair below 0 */
	egm__id q = egm__scale(g, egm__sum(g, egm__relu(g, share), 1), (1 - o->floor) / (double)p->batch);
	q = egm__affine(g, q, 1, o->floor / o->bins);
	egm__term_add(p, DIVERGENCE, divergence(g, o->divergence, masses, q), 1);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	egm_histogram_options *o = loss->options;
	loss->variant = egm__choice_name(&divergences, o->divergence);
	egm__phase_add(loss, "generator", 1u << GENERATOR, 1, 0, build);
	if (!o->masses) return egm__fail(EGM_ERR_ARGUMENT, "histogram: masses is NULL");
	if (!(o->lower < o->upper) || !isfinite(o->upper - o->lower))
		return egm__fail(EGM_ERR_ARGUMENT, "histogram: lower = %g, upper = %g are no interval", o->lower, o->upper);
	egm_status st = check_resolution(loss->dtype, o);
	if (st == EGM_OK) st = egm__system_number(loss, "1/bandwidth", o->bins / (o->upper - o->lower) / o->bandwidth);
	if (st == EGM_OK) st = fill_constants(loss, o);
	o->masses = NULL; /* the caller's */
	return st;
}

static const egm__system histogram = {.kind = "histogram",
                                      .options = &egm__options_histogram,
                                      .n_nets = 1,
                                      .nets = {{"generator", "k", "1"}},
                                      .terms = {"divergence"},
                                      .describe = describe};

egm_status egm_loss_histogram(egm_loss **out, egm_model *generator, const egm_histogram_options *options)
{
	return egm__named(__func__, egm__system_create(out, &histogram, &generator, options));
}
