/* SPDX-License-Identifier: MIT */
/* Networks as targets: an energy of x, and three densities of a latent z with x = G(z).
 *
 * exp(-U(G(z))) as a density of z ignores how densely G places its points. With the prior of z, exp(-U(G(z)) -
 * ||z||^2/2) gives x the density p_G(x) exp(-U(x)). With the factor sqrt(det J^T J), J = dG/dz [m, k], the volume to
 * which G maps a unit of latent volume, x has the density exp(-U) on the surface that G parametrises.
 *
 * det J^T J is computed from the columns J e_j. Reverse mode yields products J^T w. They are linear in w, so the
 * reverse mode of sum_rows (J^T w)_j with respect to w is J e_j, which does not depend on w: one forward pass for each
 * column. The factorisation is written as nodes, k(k+1)/2 numbers per row, and differentiated like any other graph. */
#include <float.h>
#include <math.h>
#include <sampler/target_impl.h>
#include <string.h>

enum { MAX_PULLBACK = 8, ENERGY = 0, GENERATOR = 1 };

static egm__id net(const egm_target *target, egm__graph *g, int32_t index, egm__id x)
{
	return egm__model_apply(g, target->nets[index], EGM__SLOT_TARGET_NET + index, x);
}

static egm__id build_model(const egm_target *target, egm__graph *g, egm__id x, egm__id *gradient)
{
	return net(target, g, ENERGY, x);
}

static egm__id build_latent(const egm_target *target, egm__graph *g, egm__id z, egm__id *gradient)
{
	return net(target, g, ENERGY, net(target, g, GENERATOR, z));
}

/* columns[j] [rows, m] = J e_j of y = G(z). */
static void jacobian_columns(egm__graph *g, egm__id z, egm__id y, int32_t k, egm__id *columns)
{
	egm__id back, w = egm__normal(g, 0, *egm__graph_shape(g, y)); /* any w: J e_j does not depend on it */
	egm__gradient(g, egm__mul(g, y, w), 1, &z, &back);
	for (int32_t j = 0; j < k; j++) egm__gradient(g, egm__slice(g, back, 1, j, 1), 1, &w, &columns[j]);
}

/* log det J^T J [rows, 1] as the sum of log d_j of J^T J = L D L^T. d_j / (J^T J)_jj is the squared sine of the angle
 * between column j and those before it. If it is below some rounding errors of 1 not even its sign is certain: the
 * Jacobian then counts as singular, and log 0 makes the value infinite. */
static egm__id log_det(egm__graph *g, const egm__id *columns, int32_t k)
{
	egm__id a[MAX_PULLBACK][MAX_PULLBACK], sum = EGM__NONE;
	double lost = 16 * (egm__graph_dtype(g) == EGM_F32 ? (double)FLT_EPSILON : DBL_EPSILON);
	int64_t rows = egm__graph_shape(g, columns[0])->d[0];
	for (int32_t i = 0; i < k; i++)
		for (int32_t j = 0; j <= i; j++) /* [1, rows], as kernels run along the last dimension */
			a[i][j] = egm__reshape(g, egm__row_sum(g, egm__mul(g, columns[i], columns[j])), egm__shape2(1, rows));
	for (int32_t j = 0; j < k; j++) {
		egm__id length = egm__row_sum(g, egm__square(g, columns[j]));
		egm__id rest = egm__sub(g, a[j][j], egm__scale(g, egm__reshape(g, length, egm__shape2(1, rows)), lost));
		egm__id d = egm__ln(g, egm__mul(g, a[j][j], egm__step(g, rest, 0))), inverse = egm__recip(g, a[j][j]);
		sum = j ? egm__add(g, sum, d) : d;
		for (int32_t i = j + 1; i < k; i++) {
			egm__id factor = egm__mul(g, a[i][j], inverse);
			for (int32_t l = j + 1; l <= i; l++) a[i][l] = egm__sub(g, a[i][l], egm__mul(g, factor, a[l][j]));
		}
	}
	return egm__reshape(g, sum, egm__shape2(rows, 1));
}

/* V = beta U(G(z)) - 1/2 log det J^T J. A build function returns V / beta, so that bridges weight both terms. */
static egm__id build_pullback(const egm_target *target, egm__graph *g, egm__id z, egm__id *gradient)
{
	egm__id columns[MAX_PULLBACK], x = net(target, g, GENERATOR, z), u = net(target, g, ENERGY, x);
	jacobian_columns(g, z, x, (int32_t)target->dims, columns);
	return egm__sub(g, u, egm__scale(g, log_det(g, columns, (int32_t)target->dims), 0.5 / target->bridge.beta));
}

/* ---- checks */

static egm_status check_net(const egm_model *model, const char *role)
{
	if (!model) return egm__fail(EGM_ERR_ARGUMENT, "%s is NULL", role);
	if (!model->built)
		return egm__fail(EGM_ERR_STATE, "%s '%s' is not built: call egm_model_build first", role, model->name);
	return EGM_OK;
}

static egm_status check_energy(const egm_model *energy)
{
	egm_status st = check_net(energy, "energy");
	if (st != EGM_OK) return st;
	int64_t outputs = egm__model_outputs(energy);
	if (outputs == 1) return EGM_OK;
	return egm__fail(EGM_ERR_SHAPE, "energy '%s' has %lld outputs, must have 1", energy->name, (long long)outputs);
}

static egm_status check_pair(const egm_model *energy, const egm_model *generator)
{
	int64_t outputs = egm__model_outputs(generator);
	if (generator->context != energy->context)
		return egm__fail(EGM_ERR_ARGUMENT, "generator '%s' and energy '%s' have different contexts, must have the same",
		                 generator->name, energy->name);
	if (generator->dtype != energy->dtype)
		return egm__fail(EGM_ERR_DTYPE, "generator '%s' is %s and energy '%s' is %s, must be the same", generator->name,
		                 egm__dtype_name(generator->dtype), energy->name, egm__dtype_name(energy->dtype));
	if (outputs != energy->inputs)
		return egm__fail(EGM_ERR_SHAPE,
		                 "generator '%s' has %lld outputs and energy '%s' has %lld inputs, must be equal",
		                 generator->name, (long long)outputs, energy->name, (long long)energy->inputs);
	return EGM_OK;
}

static egm_status check_pullback(const egm_model *generator)
{
	int64_t outputs = egm__model_outputs(generator);
	if (generator->inputs > MAX_PULLBACK)
		return egm__fail(EGM_ERR_SHAPE, "generator '%s' has %lld inputs, must have at most %d for EGM_LATENT_PULLBACK",
		                 generator->name, (long long)generator->inputs, MAX_PULLBACK);
	if (outputs < generator->inputs)
		return egm__fail(EGM_ERR_SHAPE,
		                 "generator '%s' has %lld outputs, must have at least %lld, its inputs: det J^T J is 0",
		                 generator->name, (long long)outputs, (long long)generator->inputs);
	return EGM_OK;
}

/* The first layer with bounded outputs; -1: none. The layers after it are continuous, and so bounded as well. */
static int32_t bounded_layer(const egm_model *model)
{
	for (int32_t i = 0; i < model->n_layers; i++) {
		const char *kind = model->layers[i].kind->name;
		if (!strcmp(kind, "tanh") || !strcmp(kind, "sigmoid") || !strcmp(kind, "layer_norm")) return i;
	}
	return -1;
}

static int in_a_finite_box(const egm_target *t)
{
	if (!t->lower) return 0;
	for (int64_t d = 0; d < t->dims; d++)
		if (t->lower[d] == -INFINITY || t->upper[d] == INFINITY) return 0;
	return 1;
}

static void warn_improper(const egm_target *t)
{
	const egm_model *generator = t->nets[GENERATOR];
	int32_t layer = bounded_layer(generator);
	if (layer < 0 || in_a_finite_box(t)) return;
	egm__log(
	    t->context, EGM_LOG_WARNING,
	    "EGM_LATENT_ENERGY: layer %d of generator '%s' is %s, so that U(G(z)) is bounded and "
	    "exp(-U(G(z))) has no finite integral and chains move away without end; use EGM_LATENT_POSTERIOR or bounds",
	    layer, generator->name, generator->layers[layer].kind->name);
}

static void keep_net(egm_target *t, int32_t index, egm_model *model)
{
	t->nets[index] = model;
	egm__model_retain(model);
}

egm_status egm_target_model(egm_target **out, egm_model *energy, const egm_target_options *options)
{
	egm_status st = EGM_OK;
	if (!out) return egm__named(__func__, egm__fail(EGM_ERR_ARGUMENT, "out is NULL"));
	*out = NULL;
	EGM_TRY(check_energy(energy));
	EGM_TRY(egm__target_create(out, energy->context, energy->dtype, energy->inputs, 0, options));
	keep_net(*out, ENERGY, energy);
	(*out)->build = build_model;
	(*out)->gradient_suffices = 1;
out:
	return egm__named(__func__, st);
}

egm_status egm_target_latent(egm_target **out, egm_model *energy, egm_model *generator, int32_t kind,
                             const egm_target_options *options)
{
	egm_status st = EGM_OK;
	egm_target *t = NULL;
	if (!out) return egm__named(__func__, egm__fail(EGM_ERR_ARGUMENT, "out is NULL"));
	*out = NULL;
	if (kind < EGM_LATENT_ENERGY || kind > EGM_LATENT_PULLBACK)
		EGM_FAIL(EGM_ERR_ARGUMENT, "kind is %d, must be one of EGM_LATENT_* (1 to 3)", kind);
	EGM_TRY(check_energy(energy));
	EGM_TRY(check_net(generator, "generator"));
	EGM_TRY(check_pair(energy, generator));
	if (kind == EGM_LATENT_PULLBACK) EGM_TRY(check_pullback(generator));
	double prior = kind == EGM_LATENT_POSTERIOR ? 1 : 0;
	EGM_TRY(egm__target_create(&t, energy->context, energy->dtype, generator->inputs, prior, options));
	if (kind != EGM_LATENT_POSTERIOR && t->bridge.precision != 0)
		EGM_FAIL(EGM_ERR_ARGUMENT,
		         "prior_scale is %g, must be 0 for EGM_LATENT_%s; only EGM_LATENT_POSTERIOR has a prior",
		         options->prior_scale, kind == EGM_LATENT_ENERGY ? "ENERGY" : "PULLBACK");
	keep_net(t, ENERGY, energy);
	keep_net(t, GENERATOR, generator);
	t->build = kind == EGM_LATENT_PULLBACK ? build_pullback : build_latent;
	t->gradient_suffices =
	    kind != EGM_LATENT_PULLBACK; /* where the Jacobian is singular U is infinite, but dU/dz may be finite */
	if (kind == EGM_LATENT_ENERGY) warn_improper(t);
	*out = t;
	t = NULL;
out:
	egm_target_free(t);
	return egm__named(__func__, st);
}
