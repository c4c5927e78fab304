/* SPDX-License-Identifier: MIT */
/* Random small graphs from all builder functions. The choices depend on the seed and on shapes alone, so that the same
 * seed makes the same formulas in a graph that simplifies and in one that does not. tanh keeps values within a few
 * units. Arguments of log, sqrt and recip stay away from 0. Kinks, and the point 0 of a norm, are moved by an odd
 * shift, so that two ways of rounding are never on two sides of a jump.
 *
 * Derivatives are taken with respect to leaves and to anchors. An anchor is a variable of x + a leaf of its own, so
 * that two anchors differ even if simplification makes their x one node. */
#ifndef EGM_TESTS_RANDOM_GRAPH_H
#define EGM_TESTS_RANDOM_GRAPH_H

#include <graph/graph_support.h>

enum { R_SLOT_IN = 1, R_SLOT_STATE = 3, R_SLOT_OUT = 8, R_IN = 4096, R_STATE = 8, R_OUT = 60000, R_POOL = 96 };
enum { R_MOST = 150 /* elements of a node */, R_KINDS = 44 };

typedef struct maker {
	egm__graph *g;
	uint64_t state;
	int64_t size[4], in_at, out_at;
	int32_t n;
	egm__id pool[R_POOL];
	double bound[R_POOL]; /* of the absolute value, roughly */
	int32_t n_anchors;
	egm__id anchor[R_POOL];
} maker;

static inline int64_t r_below(maker *m, int64_t n)
{
	m->state = m->state * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((m->state >> 33) % (uint64_t)n);
}

static inline egm__shape r_shape(maker *m)
{
	int64_t rows = m->size[r_below(m, 4)];
	return egm__shape2(rows, m->size[r_below(m, 4)]);
}

static inline void r_push(maker *m, egm__id id, double bound)
{
	ck_assert_msg(egm__graph_status(m->g) == EGM_OK, "%s", egm_last_error());
	ck_assert_int_ge(id, 0);
	if (bound > 4) id = egm__tanh(m->g, id), bound = 1;
	m->pool[m->n] = id;
	m->bound[m->n++] = bound;
}

/* Leaves may overlap: another shape of the same memory is a node of its own. */
static inline egm__id r_leaf(maker *m, egm__shape s)
{
	int64_t n = egm__shape_count(&s), at = m->in_at;
	if (m->in_at > 64 && !r_below(m, 5))
		at = r_below(m, m->in_at - 63);
	else
		m->in_at += n;
	ck_assert_int_le(at + n, R_IN);
	return egm__leaf(m->g, R_SLOT_IN, at, s);
}

static inline const egm__shape *r_of(const maker *m, int64_t i)
{
	return egm__graph_shape(m->g, m->pool[i]);
}

/* Late nodes more often than early ones. */
static inline int64_t r_pick(maker *m)
{
	int64_t a = r_below(m, m->n), b = r_below(m, m->n);
	return a > b ? a : b;
}

/* A node of rank 2, whatever was picked. */
static inline int64_t r_pick_matrix(maker *m)
{
	int64_t i = r_pick(m);
	while (r_of(m, i)->rank != 2) i = i ? i - 1 : m->n - 1;
	return i;
}

static inline int r_fit(const egm__shape *a, const egm__shape *b)
{
	if (a->rank != b->rank) return 0;
	if (a->rank != 2 || egm__shape_equal(a, b)) return egm__shape_equal(a, b);
	int64_t n = 1;
	for (int i = 0; i < 2; i++) {
		if (a->d[i] != b->d[i] && a->d[i] != 1 && b->d[i] != 1) return 0;
		n *= a->d[i] > b->d[i] ? a->d[i] : b->d[i];
	}
	return n <= R_MOST;
}

static inline int64_t r_pick_fit(maker *m, int64_t i)
{
	int64_t j = r_pick(m);
	while (!r_fit(r_of(m, i), r_of(m, j))) j = j ? j - 1 : m->n - 1;
	return j;
}

static inline void r_binary(maker *m, int kind)
{
	int64_t i = r_pick(m), j = r_pick_fit(m, i);
	egm__id x = m->pool[i], y = m->pool[j];
	double a = m->bound[i], b = m->bound[j];
	if (kind == 0)
		r_push(m, egm__add(m->g, x, y), a + b);
	else if (kind == 1)
		r_push(m, egm__sub(m->g, x, y), a + b);
	else if (kind == 2)
		r_push(m, egm__mul(m->g, x, y), a * b);
	else
		r_push(m, egm__div(m->g, x, egm__affine(m->g, egm__square(m->g, y), 1, 0.5)), 2 * a);
}

static inline void r_unary(maker *m, int kind)
{
	static const double scales[] = {2, -1, 0.5, -1.5, 0, 1, 0.25};
	egm__graph *g = m->g;
	int64_t i = r_pick(m);
	double b = m->bound[i], c = scales[r_below(m, 7)], d = r_below(m, 2) ? 0 : 0.375;
	egm__id x = m->pool[i], positive, shifted;
	switch (kind) {
	case 4:
		r_push(m, egm__affine(g, x, c, d), fabs(c) * b + d);
		return;
	case 5:
		r_push(m, egm__scale(g, x, c), fabs(c) * b);
		return;
	case 6:
		r_push(m, egm__neg(g, x), b);
		return;
	case 7:
		r_push(m, egm__square(g, x), b * b);
		return;
	case 8:
		r_push(m, egm__exp(g, b > 1.5 ? egm__tanh(g, x) : x), 4);
		return;
	case 12:
		r_push(m, egm__tanh(g, x), 1);
		return;
	case 13:
		r_push(m, egm__sigmoid(g, x), 1);
		return;
	case 14:
		r_push(m, egm__softplus(g, x), b + 0.7);
		return;
	case 15:
		r_push(m, egm__erf(g, x), 1);
		return;
	case 20:
		r_push(m, egm__silu(g, x), b);
		return;
	case 21:
		r_push(m, egm__gelu(g, x), b);
		return;
	case 22:
		r_push(m, egm__stop(g, x), b);
		return;
	default:
		break;
	}
	if (kind < 12) {
		positive = egm__affine(g, egm__square(g, x), 1, 0.4);
		if (kind == 9)
			r_push(m, egm__ln(g, positive), 3);
		else if (kind == 10)
			r_push(m, egm__sqrt(g, positive), b + 0.7);
		else
			r_push(m, egm__recip(g, positive), 2.5);
		return;
	}
	shifted = egm__affine(g, x, 1, 0.0137123);
	if (kind == 16)
		r_push(m, egm__leaky(g, shifted, 0.2), b);
	else if (kind == 17)
		r_push(m, egm__step(g, shifted, d), 1);
	else if (kind == 18)
		r_push(m, egm__relu(g, shifted), b);
	else
		r_push(m, egm__elu(g, shifted, 1.25), b + 1.25);
}

static inline void r_reduce(maker *m, int kind)
{
	egm__graph *g = m->g;
	int64_t i = kind == 23 || kind == 25 ? r_pick(m) : r_pick_matrix(m);
	egm__id x = m->pool[i];
	int matrix = r_of(m, i)->rank == 2;
	uint32_t axes = matrix ? (uint32_t)r_below(m, 3) + 1 : 15;
	double n = (double)egm__shape_count(r_of(m, i)), b = m->bound[i];
	if (kind == 23)
		r_push(m, egm__sum(g, x, axes), n * b);
	else if (kind == 24)
		r_push(m, egm__max(g, x, axes), b);
	else if (kind == 25)
		r_push(m, egm__mean(g, x), b);
	else if (kind == 26)
		r_push(m, egm__row_sum(g, x), n * b);
	else if (kind == 27)
		r_push(m, egm__row_norm(g, egm__affine(g, x, 1, 0.0771)), n * b);
	else
		r_push(m, egm__log_sum_exp(g, x, axes), b + 5);
}

static inline void r_reshape(maker *m, int64_t i)
{
	egm__shape s = *r_of(m, i), t = {1, {egm__shape_count(&s), 1, 1, 1}};
	int64_t n = t.d[0];
	switch (r_below(m, 4)) {
	case 0:
		break;
	case 1:
		t = egm__shape2(n, 1);
		break;
	case 2:
		t = (egm__shape){3, {s.d[0], s.d[1], n / s.d[0] / s.d[1], 1}};
		break;
	default:
		t = egm__shape2(1, n);
		for (int64_t k = 2; k * k <= n; k++)
			if (n % k == 0) t = egm__shape2(k, n / k);
	}
	r_push(m, egm__reshape(m->g, m->pool[i], t), m->bound[i]);
}

static inline void r_concat(maker *m)
{
	egm__id part[EGM__MAX_INPUTS];
	int64_t i = r_pick(m), want = 1 + r_below(m, 4), n = 0, total = 0;
	egm__shape s = *r_of(m, i);
	int32_t axis = (int32_t)r_below(m, s.rank);
	double bound = 0;
	for (int64_t tries = 0, j = i; tries < m->n && n < want; tries++, j = (j + 1 + r_below(m, m->n)) % m->n) {
		egm__shape t = *r_of(m, j);
		int64_t size = t.d[axis];
		t.d[axis] = s.d[axis];
		if (!egm__shape_equal(&s, &t) || total + size > R_MOST / 2) continue;
		part[n++] = m->pool[j];
		total += size;
		bound = fmax(bound, m->bound[j]);
	}
	r_push(m, egm__concat(m->g, (int32_t)n, part, axis), bound);
}

static inline void r_move(maker *m, int kind)
{
	egm__graph *g = m->g;
	int64_t i = r_pick(m);
	egm__shape s = *r_of(m, i);
	int32_t axis = (int32_t)r_below(m, s.rank);
	if (kind == 29) { /* to a larger shape, where there is a 1 */
		for (int a = 0; a < s.rank && s.rank == 2; a++)
			if (s.d[a] == 1) s.d[a] = m->size[r_below(m, 4)];
		if (egm__shape_count(&s) <= R_MOST) r_push(m, egm__broadcast(g, m->pool[i], s), m->bound[i]);
	} else if (kind == 30) {
		r_reshape(m, i);
	} else if (kind == 31) {
		i = r_pick_matrix(m);
		r_push(m, egm__transpose(g, m->pool[i]), m->bound[i]);
	} else if (kind == 32) {
		int64_t start = r_below(m, s.d[axis]), count = 1 + r_below(m, s.d[axis] - start);
		r_push(m, egm__slice(g, m->pool[i], axis, start, count), m->bound[i]);
	} else if (kind == 33) {
		int64_t before = r_below(m, 3), after = r_below(m, 3);
		if (egm__shape_count(&s) * (s.d[axis] + before + after) / s.d[axis] <= R_MOST)
			r_push(m, egm__pad(g, m->pool[i], axis, before, after), m->bound[i]);
	} else {
		r_concat(m);
	}
}

/* a product with a node that fits, or with a new leaf */
static inline void r_matmul(maker *m, int linear)
{
	egm__graph *g = m->g;
	int64_t i = r_pick_matrix(m), j = r_pick_matrix(m);
	int ta = (int)r_below(m, 2), tb = (int)r_below(m, 2);
	if (linear) ta = 0, tb = 1;
	int64_t k = r_of(m, i)->d[!ta], rows = r_of(m, i)->d[ta];
	for (int64_t tries = 0; tries < m->n; tries++, j = j ? j - 1 : m->n - 1)
		if (r_of(m, j)->rank == 2 && r_of(m, j)->d[tb] == k) break;
	int found = r_of(m, j)->rank == 2 && r_of(m, j)->d[tb] == k && r_below(m, 4);
	int64_t other = m->size[r_below(m, 4)];
	egm__id b = found ? m->pool[j] : r_leaf(m, tb ? egm__shape2(other, k) : egm__shape2(k, other));
	int64_t columns = egm__graph_shape(g, b)->d[!tb];
	double bound = (double)k * m->bound[i] * (found ? m->bound[j] : 1);
	if (rows * columns > R_MOST) return;
	if (linear)
		r_push(m, egm__linear(g, m->pool[i], b, r_leaf(m, egm__shape2(1, columns))), bound + 1);
	else
		r_push(m, egm__matmul(g, m->pool[i], b, ta, tb), bound);
}

/* a derivative in the middle of the formula, as in a penalty */
static inline void r_inner_gradient(maker *m)
{
	int64_t i = r_pick(m), j = r_below(m, m->n_anchors);
	egm__id d;
	egm__gradient(m->g, egm__tanh(m->g, m->pool[i]), 1, &m->anchor[j], &d);
	r_push(m, egm__tanh(m->g, d), 1);
}

static inline void r_source(maker *m, int kind)
{
	egm__shape s = r_shape(m);
	if (kind == 37)
		r_push(m, r_leaf(m, s), 1);
	else if (kind == 38)
		r_push(m, egm__const(m->g, (double)r_below(m, 4) - 1, s), 2);
	else if (kind == 39)
		r_push(m, egm__scale(m->g, egm__normal(m->g, (uint32_t)r_below(m, 3), s), 0.5), 2);
	else
		r_push(m, egm__uniform(m->g, 7, s), 1);
}

/* What simplification peels off, or moves to the other side, when a formula is built on it. */
static inline egm__id r_peel(maker *m, egm__id x)
{
	const egm__shape s = *egm__graph_shape(m->g, x); /* a copy: nodes move when one is made */
	int64_t n = egm__shape_count(&s);
	switch (r_below(m, 6)) {
	case 0:
		return egm__scale(m->g, x, -0.5);
	case 1:
		return egm__affine(m->g, x, 0.5, 0.25);
	case 2:
		return egm__reshape(m->g, x, egm__shape2(n, 1));
	case 3:
		return s.rank == 2 ? egm__transpose(m->g, x) : egm__neg(m->g, x);
	case 4:
		return egm__mul(m->g, egm__scale(m->g, x, 0.5), egm__uniform(m->g, 8, s));
	default:
		return x;
	}
}

static inline void r_anchor(maker *m)
{
	int64_t i = r_pick(m), n = egm__shape_count(r_of(m, i));
	egm__id own = egm__leaf(m->g, R_SLOT_IN, m->in_at, *r_of(m, i)), sum = egm__add(m->g, m->pool[i], own);
	m->in_at += n;
	int wide = m->bound[i] + 1 > 4;
	egm__id x = r_peel(m, wide ? egm__tanh(m->g, sum) : sum);
	r_push(m, egm__variable(m->g, x), wide ? 1 : m->bound[i] + 1);
	m->anchor[m->n_anchors++] = m->pool[m->n - 1];
}

/* a divisor of n, up to 4 */
static inline int64_t r_part(maker *m, int64_t n)
{
	int64_t d = 1 + r_below(m, 4);
	while (n % d) d--;
	return d;
}

static inline void r_conv(maker *m, egm__id x, const egm__window *w, double bound)
{
	egm__graph *g = m->g;
	egm__shape s = *egm__graph_shape(g, x);
	int64_t area = w->kernel[0] * w->kernel[1], o = 1 + r_below(m, 3);
	int64_t h = (s.d[1] - 1) * w->stride[0] + w->kernel[0] - 2 * w->padding[0] + r_below(m, w->stride[0]);
	int64_t width = (s.d[2] - 1) * w->stride[1] + w->kernel[1] - 2 * w->padding[1] + r_below(m, w->stride[1]);
	if (r_below(m, 2)) {
		int64_t rows = egm__shape_count(egm__graph_shape(g, egm__patches(g, x, w))) / area / s.d[3];
		if (rows * o > R_MOST || area * s.d[3] * o > R_MOST) return;
		r_push(m, egm__conv(g, x, r_leaf(m, egm__shape2(o, area * s.d[3])), w), (double)(area * s.d[3]) * bound);
	} else if (h >= 1 && width >= 1 && s.d[0] * h * width * o <= R_MOST && area * s.d[3] * o <= R_MOST) {
		egm__id weight = r_leaf(m, egm__shape2(s.d[3], area * o));
		r_push(m, egm__conv_transpose(g, x, weight, w, h, width), (double)(area * s.d[3]) * bound);
	}
}

/* any node as a batch of images, under windows */
static inline void r_image(maker *m)
{
	egm__graph *g = m->g;
	int64_t i = r_pick(m), n = egm__shape_count(r_of(m, i)), kind = r_below(m, 5);
	egm__shape s = {4, {1, 1, 1, 1}};
	egm__window w;
	s.d[0] = r_part(m, n);
	s.d[1] = r_part(m, n / s.d[0]);
	s.d[2] = r_part(m, n / s.d[0] / s.d[1]);
	s.d[3] = n / s.d[0] / s.d[1] / s.d[2];
	for (int a = 0; a < 2; a++) {
		w.stride[a] = (int32_t)(1 + r_below(m, 3));
		w.padding[a] = (int32_t)r_below(m, 2);
		int64_t most = s.d[1 + a] + 2 * w.padding[a];
		w.kernel[a] = (int32_t)(1 + r_below(m, most < 3 ? most : 3));
	}
	egm__id x = egm__reshape(g, m->pool[i], s);
	int64_t fy = r_part(m, s.d[1]), fx = r_part(m, s.d[2]);
	double area = w.kernel[0] * w.kernel[1], b = m->bound[i];
	if (kind == 0 && egm__shape_count(egm__graph_shape(g, egm__patches(g, x, &w))) <= R_MOST)
		r_push(m, egm__patches(g, x, &w), b);
	else if (kind == 1)
		r_push(m, egm__fold(g, egm__tanh(g, egm__patches(g, x, &w)), &w, s.d[1], s.d[2]), area);
	else if (kind == 2)
		r_push(m, egm__block_sum(g, x, fy, fx), (double)(fy * fx) * b);
	else if (kind == 3 && n * 6 <= R_MOST)
		r_push(m, egm__repeat(g, x, 1 + r_below(m, 3), 2), b);
	else
		r_conv(m, x, &w, b);
}

static inline void r_grow(maker *m)
{
	int kind = (int)r_below(m, R_KINDS + 8);
	if (kind >= R_KINDS) kind = kind % 2 ? 35 : 2; /* products and multiplications are where most can go wrong */
	if (kind < 4)
		r_binary(m, kind);
	else if (kind < 23)
		r_unary(m, kind);
	else if (kind < 29)
		r_reduce(m, kind);
	else if (kind < 35)
		r_move(m, kind);
	else if (kind < 37)
		r_matmul(m, kind == 36);
	else if (kind < 41)
		r_source(m, kind);
	else if (kind < 42)
		r_inner_gradient(m);
	else if (kind < 43)
		r_anchor(m);
	else
		r_image(m);
}

#endif
