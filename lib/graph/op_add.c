/* SPDX-License-Identifier: MIT */
/* x + y. The sums of a second derivative are simplified most, because its products are most of its cost: A B1 + A B2 is
 * the one product A (B1 + B2). Adjacent paddings are a concatenation. Sums of adjoints of convolutions are taken before
 * their common fold. */
#include <graph/op_impl.h>
#include <string.h>

/* x = scale * product(a, b) */
typedef struct product {
	egm__id a, b;
	int ta, tb;
	double scale;
} product;

static int as_product(const egm__graph *g, egm__id x, product *p)
{
	x = egm__split_scale(g, x, &p->scale);
	const egm__node *n = egm__node_at(g, x);
	if (n->op != &egm__op_matmul) return 0;
	p->a = n->in[0], p->b = n->in[1], p->ta = (int)n->a[0], p->tb = (int)n->a[1];
	return 1;
}

/* s x + t y. C leaves the order of arguments open, so nodes are made one statement after another, here as everywhere.
 */
static egm__id weighted(egm__graph *g, egm__id x, double s, egm__id y, double t)
{
	egm__id scaled_y = egm__scale(g, y, t);
	return egm__add(g, egm__scale(g, x, s), scaled_y);
}

/* p + q as one product if they have a factor in common, else EGM__NONE. */
static egm__id merge(egm__graph *g, const product *p, const product *q)
{
	if (p->a == q->a && p->ta == q->ta && p->tb == q->tb)
		return egm__matmul(g, p->a, weighted(g, p->b, p->scale, q->b, q->scale), p->ta, p->tb);
	if (p->b == q->b && p->ta == q->ta && p->tb == q->tb)
		return egm__matmul(g, weighted(g, p->a, p->scale, q->a, q->scale), p->b, p->ta, p->tb);
	return EGM__NONE;
}

/* tree + q, with q merged into a summand that has a factor in common with it; EGM__NONE if there is none. depth bounds
 * the search. */
static egm__id merge_into(egm__graph *g, egm__id tree, const product *q, int depth)
{
	product p;
	if (as_product(g, tree, &p)) return merge(g, &p, q);
	double scale;
	egm__id x = egm__split_scale(g, tree, &scale);
	const egm__node *n = egm__node_at(g, x);
	if (n->op != &egm__op_add || !depth || scale == 0) return EGM__NONE;
	egm__id in[2] = {n->in[0], n->in[1]};
	product scaled = *q;
	scaled.scale /= scale;
	for (int i = 0; i < 2; i++) {
		egm__id r = merge_into(g, in[i], &scaled, depth - 1);
		if (r != EGM__NONE) return egm__scale(g, egm__add(g, in[1 - i], r), scale);
	}
	return EGM__NONE;
}

static egm__id simplify_products(egm__graph *g, egm__id x, egm__id y)
{
	product p;
	egm__id r = as_product(g, y, &p) ? merge_into(g, x, &p, 4) : EGM__NONE;
	if (r == EGM__NONE && as_product(g, x, &p)) r = merge_into(g, y, &p, 4);
	return r;
}

/* Two paddings whose contents are adjacent and fill the axis. */
static egm__id simplify_pads(egm__graph *g, egm__id x, egm__id y)
{
	double s[2];
	egm__id in[2] = {egm__split_scale(g, x, &s[0]), egm__split_scale(g, y, &s[1])};
	for (int first = 0; first < 2; first++) {
		const egm__node *p = egm__node_at(g, in[first]), *q = egm__node_at(g, in[1 - first]);
		if (p->op != &egm__op_pad || q->op != &egm__op_pad || p->a[0] != q->a[0]) continue;
		int32_t axis = (int32_t)p->a[0];
		egm__id part[2] = {p->in[0], q->in[0]};
		int64_t n0 = egm__graph_shape(g, part[0])->d[axis], n1 = egm__graph_shape(g, part[1])->d[axis];
		if (p->a[1] != 0 || q->a[1] != n0 || n0 + n1 != p->shape.d[axis]) continue;
		for (int i = 0; i < 2; i++) part[i] = egm__scale(g, part[i], s[i ? 1 - first : first]);
		return egm__concat(g, 2, part, axis);
	}
	return EGM__NONE;
}

/* Whether a sum with x may be simplified further. */
static int may_merge(const egm__graph *g, egm__id x)
{
	const egm__op *op = egm__node_at(g, x)->op;
	return op == &egm__op_matmul || op == &egm__op_add || op->cls == EGM__CLASS_IMAGE;
}

/* s op(a) + t op(b) = op(s a + t b) for a linear op. This needs one pass over the patches, and brings the products of
 * two convolutions into one sum. */
static egm__id simplify_images(egm__graph *g, egm__id x, egm__id y)
{
	double s, t;
	egm__id xs = egm__split_scale(g, x, &s), ys = egm__split_scale(g, y, &t);
	egm__node p = *egm__node_at(g, xs), q = *egm__node_at(g, ys);
	if (p.op != q.op || memcmp(p.a, q.a, sizeof p.a) || xs == ys) return EGM__NONE;
	if (!egm__shape_equal(egm__graph_shape(g, p.in[0]), egm__graph_shape(g, q.in[0]))) return EGM__NONE;
	int like =
	    p.op->cls == EGM__CLASS_IMAGE || (p.op == &egm__op_reshape && may_merge(g, p.in[0]) && may_merge(g, q.in[0]));
	if (!like) return EGM__NONE;
	return egm__emit_like(g, &p, weighted(g, p.in[0], s, q.in[0], t));
}

static egm__id simplify_numbers(egm__graph *g, egm__id x, egm__id y)
{
	double c;
	if (egm__is_const(g, x, &c)) return egm__affine(g, y, 1, c);
	if (egm__is_const(g, y, &c)) return egm__affine(g, x, 1, c);
	if (x == y) return egm__scale(g, x, 2);
	for (int i = 0; i < 2; i++) {
		const egm__node *n = egm__node_at(g, i ? y : x);
		double a = n->c[0], b = n->c[1];
		if (n->op != &egm__op_affine || b == 0) continue;
		return egm__affine(g, egm__add(g, egm__scale(g, n->in[0], a), i ? x : y), 1, b);
	}
	return EGM__NONE;
}

static egm__id simplify(egm__graph *g, const egm__node *n)
{
	egm__id x = n->in[0], y = n->in[1], r = simplify_numbers(g, x, y);
	double s, t;
	if (r == EGM__NONE) r = simplify_products(g, x, y);
	if (r == EGM__NONE) r = simplify_pads(g, x, y);
	if (r == EGM__NONE) r = simplify_images(g, x, y);
	if (r != EGM__NONE) return r;
	egm__id xs = egm__split_scale(g, x, &s), ys = egm__split_scale(g, y, &t);
	if (s == t && s != 1) return egm__scale(g, egm__add(g, xs, ys), s);
	if (xs == ys) return egm__scale(g, xs, s + t);
	return x > y ? egm__add(g, y, x) : EGM__NONE;
}

static void eval(const egm__eval *e)
{
	int64_t n = egm__shape_count(&e->node->shape);
	for (int64_t i = 0; i < n; i++) e->out[i] = e->in[0][i] + e->in[1][i];
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	return ybar;
}

const egm__op egm__op_add = {.name = "add",
                             .cls = EGM__CLASS_ELEMENTWISE,
                             .tile = EGM__TILE_LIN_VV,
                             .simplify = simplify,
                             .eval = eval,
                             .adjoint = adjoint};

egm__id egm__add(egm__graph *g, egm__id a, egm__id b)
{
	return egm__emit_binary(g, &egm__op_add, a, b);
}

egm__id egm__sub(egm__graph *g, egm__id a, egm__id b)
{
	return egm__add(g, a, egm__neg(g, b));
}
