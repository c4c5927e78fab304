/* SPDX-License-Identifier: MIT */
/* A probe evaluates W and dW/dy at many points at once: it maps coordinates to points, runs the compiled program of the
 * energy or the callback, applies the weights of energy and prior, and then the derivatives of the bounds.
 *
 * The compiled program of a network contains neither weights nor bounds, so that one program serves every temperature
 * and every bridging distribution. With a prior or a weight other than 1 this costs one pass over the gradients.
 * Otherwise x is y, the program writes the gradient in place, and only the search for non-finite numbers remains. */
#include <core/size_impl.h>
#include <math.h>
#include <sampler/target_impl.h>
#include <tensor/kernels_impl.h>

static const uint32_t ALL_SLOTS = ~UINT32_C(0), GRADIENT_ALONE = UINT32_C(1) << EGM__SLOT_TARGET_GRADIENT;

/* ---- making */

static egm_status compile(egm__probe *p)
{
	egm_status st = EGM_OK;
	egm_target *target = p->target;
	egm__graph *graph = NULL;
	EGM_TRY(egm__graph_create(&graph, target->context, target->dtype));
	egm__graph_fix_slot(graph, EGM__SLOT_TARGET_CONSTANTS);
	for (int32_t i = 0; i < EGM__TARGET_NETS; i++)
		if (target->nets[i]) egm__graph_fix_slot(graph, EGM__SLOT_TARGET_NET + i);
	egm__id x = egm__leaf(graph, EGM__SLOT_TARGET_X, 0, egm__shape2(p->rows, target->dims)), gradient = EGM__NONE;
	egm__id u = target->build(target, graph, x, &gradient);
	if (gradient == EGM__NONE) egm__gradient(graph, u, 1, &x, &gradient);
	egm__graph_output(graph, u, EGM__SLOT_TARGET_U, 0);
	egm__graph_output(graph, gradient, EGM__SLOT_TARGET_GRADIENT, 0);
	EGM_TRY(egm__graph_status(graph));
	EGM_TRY(egm__program_create(&p->program, graph));
out:
	egm__graph_free(graph);
	return st;
}

/* Arrays begin as zeros, because a program also computes rows that were never written. */
static int allocate(egm__probe *p)
{
	const egm_target *target = p->target;
	egm_context *context = target->context;
	size_t element = egm__dtype_size(target->dtype), rows = (size_t)p->rows;
	int64_t count, bytes;
	if (egm__size_mul(p->rows, target->dims, &count) || egm__size_mul(count, (int64_t)element, &bytes)) return 0;
	p->y = egm__alloc_zero(context, count, element);
	p->gradient = egm__alloc_zero(context, count, element);
	p->x = target->lower ? egm__alloc_zero(context, count, element) : p->y;
	p->t = target->lower ? egm__alloc_zero(context, count, element) : NULL;
	p->u = egm__alloc_zero(context, rows, element);
	p->bridge = egm__alloc_zero(context, rows, sizeof *p->bridge);
	p->value = egm__alloc_zero(context, rows, sizeof *p->value);
	p->energy = egm__alloc_zero(context, rows, sizeof *p->energy);
	p->jacobian = egm__alloc_zero(context, rows, sizeof *p->jacobian);
	int bounds = !target->lower || p->t;
	return p->y && p->gradient && p->x && bounds && p->u && p->bridge && p->value && p->energy && p->jacobian;
}

egm_status egm__probe_create(egm__probe **out, egm_target *target, int64_t rows, egm__probe *sibling)
{
	egm_status st = EGM_OK;
	*out = NULL;
	EGM_INVARIANT(rows > 0 && (!sibling || (sibling->target == target && sibling->rows == rows)));
	egm__probe *p = egm__alloc_zero(target->context, 1, sizeof *p);
	if (!p) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for a target");
	p->target = target;
	p->rows = rows;
	if (!allocate(p))
		EGM_FAIL(EGM_ERR_MEMORY, "out of memory for %lld points of %lld dimensions", (long long)rows,
		         (long long)target->dims);
	if (target->build) EGM_TRY(sibling ? egm__program_clone(&p->program, sibling->program) : compile(p));
	*out = p;
	p = NULL;
out:
	egm__probe_free(p);
	return st;
}

void egm__probe_free(egm__probe *p)
{
	if (!p) return;
	egm_context *context = p->target->context;
	egm__program_free(p->program);
	if (p->x != p->y) egm__free(context, p->x);
	void *owned[] = {p->y, p->gradient, p->t, p->u, p->bridge, p->value, p->energy, p->jacobian, p};
	for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) egm__free(context, owned[i]);
}

void egm__probe_exchange(egm__probe *p, char **y, char **gradient)
{
	void *evaluated = p->y, *found = p->gradient;
	if (p->x == p->y) p->x = *y;
	p->y = *y;
	p->gradient = *gradient;
	*y = evaluated;
	*gradient = found;
}

/* ---- the energy at x */

/* Slots are pointers to void, both for what a program reads and for what it writes. */
static void bind(const egm__probe *p, void *bases[EGM__MAX_SLOTS])
{
	const egm_target *target = p->target;
	union {
		const void *read;
		void *base;
	} constants = {target->constants};
	for (int i = 0; i < EGM__MAX_SLOTS; i++) bases[i] = NULL;
	bases[EGM__SLOT_TARGET_X] = p->x;
	bases[EGM__SLOT_TARGET_U] = p->u;
	bases[EGM__SLOT_TARGET_GRADIENT] = p->gradient;
	bases[EGM__SLOT_TARGET_CONSTANTS] = constants.base;
	for (int i = 0; i < EGM__TARGET_NETS; i++)
		if (target->nets[i]) bases[EGM__SLOT_TARGET_NET + i] = target->nets[i]->parameters;
}

void egm__probe_prepare(egm__probe *p)
{
	void *bases[EGM__MAX_SLOTS];
	if (!p->program) return;
	bind(p, bases);
	egm__program_prepare(p->program, bases);
}

static char *row_of(const egm__probe *p, void *array, int64_t row, int64_t columns)
{
	return (char *)array + (size_t)(row * columns) * egm__dtype_size(p->target->dtype);
}

egm_status egm__probe_stopped(const egm__probe *p)
{
	if (p->target->lacks_memory) return egm__fail(EGM_ERR_MEMORY, "out of memory for energies");
	return egm__fail(EGM_ERR_STOPPED, "the energy callback returned %d, which stops the call", p->reason);
}

static egm_status call_back(egm__probe *p, int64_t rows)
{
	const egm_target *target = p->target;
	int64_t most = target->concurrent ? target->callback_rows : rows;
	for (int64_t first = 0; first < rows; first += most) {
		int64_t n = rows - first < most ? rows - first : most;
		int stop = target->callback(n, row_of(p, p->x, first, target->dims), row_of(p, p->u, first, 1),
		                            row_of(p, p->gradient, first, target->dims), target->user);
		if (!stop) continue;
		p->reason = stop;
		return egm__probe_stopped(p);
	}
	return EGM_OK;
}

static egm_status evaluate(egm__probe *p, int64_t rows, uint32_t slots)
{
	void *bases[EGM__MAX_SLOTS];
	if (!p->program) return call_back(p, rows);
	bind(p, bases);
	egm__program_run_for(p->program, bases, slots, 0, 0);
	return EGM_OK;
}

/* ---- weights, prior, bounds */

/* dU/dx to dV/dx, for rows from .. to-1, which have equal weights. */
static void weigh_gradients(const egm__probe *p, const egm__kernels *table, int64_t from, int64_t to)
{
	int64_t dims = p->target->dims;
	const egm__bridge *b = &p->bridge[from];
	const double c[3] = {b->beta, b->precision, 0};
	if (from == to || (b->beta == 1 && b->precision == 0)) return;
	char *g = row_of(p, p->gradient, from, dims);
	if (b->precision != 0)
		table->tile[EGM__TILE_LIN_VV]((to - from) * dims, g, g, row_of(p, p->x, from, dims), c);
	else
		table->tile[EGM__TILE_AFFINE]((to - from) * dims, g, g, NULL, (const double[3]){b->beta, 0, 0});
}

static void weigh_all_gradients(const egm__probe *p, const egm__kernels *table, int64_t rows)
{
	int64_t from = 0;
	for (int64_t i = 0; i < rows; i++) {
		const egm__bridge *b = &p->bridge[i], *first = &p->bridge[from];
		if (b->beta == first->beta && b->precision == first->precision) continue;
		weigh_gradients(p, table, from, i);
		from = i;
	}
	weigh_gradients(p, table, from, rows);
}

static void weigh(egm__probe *p, const egm__kernels *table, int64_t rows)
{
	int64_t dims = p->target->dims;
	for (int64_t i = 0; i < rows; i++) {
		const egm__bridge *b = &p->bridge[i];
		p->energy[i] = egm__number(p->target->dtype, p->u, i);
		p->value[i] = b->beta * p->energy[i];
		if (b->precision != 0) p->value[i] += b->precision / 2 * table->sum_squares(dims, row_of(p, p->x, i, dims));
	}
	weigh_all_gradients(p, table, rows);
}

static int row_is_finite(const egm__probe *p, const egm__kernels *table, int64_t i)
{
	int64_t dims = p->target->dims;
	return table->all_finite(dims, row_of(p, p->gradient, i, dims)) &&
	       table->all_finite(dims, row_of(p, p->x, i, dims));
}

/* Makes the value NaN if the point or the gradient is not finite: some energies are finite at infinity. */
static void mark_nonfinite(egm__probe *p, const egm__kernels *table, int64_t rows)
{
	int64_t dims = p->target->dims;
	int finite = p->finite_y && p->x == p->y;
	p->finite_y = 0;
	if (table->all_finite(rows * dims, p->gradient) && (finite || table->all_finite(rows * dims, p->x))) return;
	for (int64_t i = 0; i < rows; i++)
		if (isfinite(p->value[i]) && !row_is_finite(p, table, i)) p->value[i] = NAN;
}

egm_status egm__probe_run(egm__probe *p, int64_t rows)
{
	const egm_target *target = p->target;
	const egm__kernels *table = egm__kernels_get(target->context->simd, target->dtype);
	EGM_INVARIANT(rows >= 0 && rows <= p->rows);
	if (target->lower) egm__bounds_forward(target, rows, p->y, p->x, p->t, p->jacobian);
	egm_status st = evaluate(p, rows, ALL_SLOTS);
	if (st != EGM_OK) return st;
	weigh(p, table, rows);
	if (target->lower) {
		egm__bounds_backward(target, rows, p->y, p->t, p->gradient);
		for (int64_t i = 0; i < rows; i++) p->value[i] -= p->jacobian[i];
	}
	mark_nonfinite(p, table, rows);
	return EGM_OK;
}

int egm__probe_has_gradient_alone(const egm__probe *p)
{
	return p->program && p->target->gradient_suffices;
}

/* log |dx/dy| is computed as well, from the same exponentials as the points. */
void egm__probe_run_gradient(egm__probe *p, int64_t rows)
{
	const egm_target *target = p->target;
	const egm__kernels *table = egm__kernels_get(target->context->simd, target->dtype);
	EGM_INVARIANT(egm__probe_has_gradient_alone(p) && rows >= 0 && rows <= p->rows);
	if (target->lower) egm__bounds_forward(target, rows, p->y, p->x, p->t, p->jacobian);
	(void)evaluate(p, rows, GRADIENT_ALONE); /* programs cannot be stopped */
	weigh_all_gradients(p, table, rows);
	if (target->lower) egm__bounds_backward(target, rows, p->y, p->t, p->gradient);
	for (int64_t i = 0; i < rows; i++) p->value[i] = target->lower ? p->jacobian[i] : 0;
	mark_nonfinite(p, table, rows);
}

int egm__probe_gradient_usable(const egm__probe *p, int64_t i)
{
	const egm_target *target = p->target;
	if (!egm__probe_has_gradient_alone(p) || (target->lower && !isfinite(p->jacobian[i]))) return 0;
	return row_is_finite(p, egm__kernels_get(target->context->simd, target->dtype), i);
}

egm_status egm__probe_run_points(egm__probe *p, int64_t rows)
{
	const egm_target *target = p->target;
	EGM_INVARIANT(rows >= 0 && rows <= p->rows);
	for (int64_t i = 0; i < rows; i++) p->bridge[i] = target->bridge;
	egm_status st = evaluate(p, rows, ALL_SLOTS);
	if (st == EGM_OK) weigh(p, egm__kernels_get(target->context->simd, target->dtype), rows);
	return st;
}
