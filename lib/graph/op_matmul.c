/* SPDX-License-Identifier: MIT */
/* C = op(A) op(B) with C_ij = sum_k A_ik B_kj, where flags say whether op transposes. A product with an inner or outer
 * size of 1, or with a constant factor, is simplified to elementwise ops and sums, because these can be fused with
 * neighbouring ops. */
#include <graph/op_impl.h>

static egm_status shape(const egm__graph *g, egm__node *n)
{
	const egm__shape *a = egm__graph_shape(g, n->in[0]), *b = egm__graph_shape(g, n->in[1]);
	char ta[64], tb[64];
	int64_t p = n->a[0], q = n->a[1];
	if (a->rank != 2 || b->rank != 2 || a->d[!p] != b->d[q])
		return egm__fail(EGM_ERR_SHAPE,
		                 "matmul: the operands are %s%s and %s%s; must be matrices with equal inner sizes",
		                 egm__shape_text(a, ta), p ? "^T" : "", egm__shape_text(b, tb), q ? "^T" : "");
	n->shape = egm__shape2(a->d[p], b->d[!q]);
	return EGM_OK;
}

static egm__id transpose_if(egm__graph *g, egm__id x, int64_t transposed)
{
	return transposed ? egm__transpose(g, x) : x;
}

/* k = 1: the outer product. */
static egm__id simplify_outer(egm__graph *g, const egm__node *n)
{
	egm__id a = transpose_if(g, n->in[0], n->a[0]), b = transpose_if(g, n->in[1], n->a[1]);
	egm__id columns = egm__broadcast(g, b, n->shape);
	return egm__mul(g, egm__broadcast(g, a, n->shape), columns);
}

/* n = 1: the sum over k of the columns of op(A) times the elements of b. m = 1 is the mirror image. */
static egm__id simplify_vector(egm__graph *g, const egm__node *n)
{
	int matrix = n->shape.d[1] == 1 ? 0 : 1; /* the input that is the matrix */
	egm__id x = n->in[matrix], v = n->in[1 - matrix];
	egm__shape s = *egm__graph_shape(g, x);
	int k_axis = matrix == 0 ? !n->a[0] : (int)n->a[1];
	egm__shape along = egm__shape2(k_axis ? 1 : s.d[0], k_axis ? s.d[1] : 1);
	egm__id w = egm__broadcast(g, egm__reshape(g, v, along), s);
	return egm__reshape(g, egm__sum(g, egm__mul(g, x, w), 1u << k_axis), n->shape);
}

/* One factor is c everywhere: the sum of the other over k, repeated. */
static egm__id simplify_const(egm__graph *g, const egm__node *n, int which, double c)
{
	egm__id x = n->in[1 - which];
	int k_axis = which == 1 ? !n->a[0] : (int)n->a[1];
	egm__shape s = which == 1 ? egm__shape2(n->shape.d[0], 1) : egm__shape2(1, n->shape.d[1]);
	egm__id sum = egm__reshape(g, egm__sum(g, x, 1u << k_axis), s);
	return egm__scale(g, egm__broadcast(g, sum, n->shape), c);
}

/* Whether x is memory of a fixed slot, or a view of it. */
static int is_fixed(const egm__graph *g, egm__id x)
{
	const egm__node *n = egm__node_at(g, x);
	while (n->op->cls == EGM__CLASS_VIEW || n->op->cls == EGM__CLASS_ALIAS) n = egm__node_at(g, n->in[0]);
	return n->op == &egm__op_leaf && (g->fixed >> n->a[0] & 1);
}

static egm__id simplify(egm__graph *g, const egm__node *n)
{
	double s, t;
	egm__id a = egm__split_scale(g, n->in[0], &s), b = egm__split_scale(g, n->in[1], &t);
	if (a != n->in[0] || b != n->in[1]) return egm__scale(g, egm__matmul(g, a, b, (int)n->a[0], (int)n->a[1]), s * t);
	if (egm__is_const(g, a, &s)) return simplify_const(g, n, 0, s);
	if (egm__is_const(g, b, &s)) return simplify_const(g, n, 1, s);
	const egm__node *p = egm__node_at(g, a), *q = egm__node_at(g, b);
	if (p->op == &egm__op_transpose) return egm__matmul(g, p->in[0], b, !n->a[0], (int)n->a[1]);
	if (q->op == &egm__op_transpose) return egm__matmul(g, a, q->in[0], (int)n->a[0], !n->a[1]);
	if (p->shape.d[!n->a[0]] == 1) return simplify_outer(g, n);
	/* A product with a packed factor gives a row the same bits alone as in a batch; row sums would give others. */
	if (n->shape.d[0] == 1 && n->shape.d[1] > 1 && !n->a[0] && is_fixed(g, b)) return EGM__NONE;
	if (n->shape.d[0] == 1 || n->shape.d[1] == 1) return simplify_vector(g, n);
	return EGM__NONE;
}

static void eval(const egm__eval *e)
{
	int64_t ta = e->node->a[0], tb = e->node->a[1];
	int64_t m = e->node->shape.d[0], n = e->node->shape.d[1], k = e->in_shape[0]->d[!ta];
	for (int64_t i = 0; i < m; i++)
		for (int64_t j = 0; j < n; j++) {
			double sum = 0;
			for (int64_t l = 0; l < k; l++)
				sum += e->in[0][ta ? l * m + i : i * k + l] * e->in[1][tb ? j * k + l : l * n + j];
			e->out[i * n + j] = sum;
		}
}

static egm__id adjoint(egm__graph *g, egm__id y, egm__id ybar, int which)
{
	const egm__node *n = egm__node_at(g, y);
	egm__id a = n->in[0], b = n->in[1];
	int ta = (int)n->a[0], tb = (int)n->a[1];
	if (which == 0) return ta ? egm__matmul(g, b, ybar, tb, 1) : egm__matmul(g, ybar, b, 0, !tb);
	return tb ? egm__matmul(g, ybar, a, 1, ta) : egm__matmul(g, a, ybar, !ta, 0);
}

const egm__op egm__op_matmul = {
    .name = "matmul", .cls = EGM__CLASS_MATMUL, .shape = shape, .simplify = simplify, .eval = eval, .adjoint = adjoint};

egm__id egm__matmul(egm__graph *g, egm__id a, egm__id b, int ta, int tb)
{
	egm__node n = {.op = &egm__op_matmul, .n_in = 2, .in = {a, b}, .a = {!!ta, !!tb}};
	return egm__emit(g, &n);
}
