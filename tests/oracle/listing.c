/* SPDX-License-Identifier: MIT */
#include <oracle/listing.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct text {
	char *buffer;
	size_t size, length;
	int by_buffer; /* operands are named by their buffer, which has no place yet */
} text;

static void say(text *t, const char *format, ...) EGM__PRINTF(2, 3);
static void say(text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	size_t room = t->length < t->size ? t->size - t->length : 0;
	int n = vsnprintf(room ? t->buffer + t->length : NULL, room, format, args);
	va_end(args);
	if (n > 0) t->length += (size_t)n;
}

#define NAME(NAME, text) [EGM__TILE_##NAME] = text,
static const char *const tile_names[EGM__TILE_COUNT] = {EGM__TILES(NAME)};
#undef NAME

static const char *const kind_names[] = {
    [EGM__KERNEL_GROUP] = "group",     [EGM__KERNEL_GEMM] = "gemm", [EGM__KERNEL_PACKED] = "packed",
    [EGM__KERNEL_NOISE] = "noise",     [EGM__KERNEL_MAX] = "max",   [EGM__KERNEL_COPY] = "copy",
    [EGM__KERNEL_PATCHES] = "patches", [EGM__KERNEL_FOLD] = "fold", [EGM__KERNEL_BLOCK_SUM] = "block sum",
    [EGM__KERNEL_REPEAT] = "repeat",   [EGM__KERNEL_CONV] = "conv"};

static void say_mem(text *t, const egm__mem *m)
{
	if (t->by_buffer && m->buffer >= 0)
		say(t, " b%d", m->buffer);
	else
		say(t, " %d", m->slot);
	say(t, "+%lld(%lld,%lld)", (long long)m->offset, (long long)m->s[0], (long long)m->s[1]);
}

static void say_group(text *t, const egm__group *g)
{
	say(t, "group %lld x %lld, %d registers%s:", (long long)g->rows, (long long)g->columns, g->n_regs,
	    g->flat ? ", flat" : "");
	for (int32_t i = 0; i < g->n_mem; i++) {
		say(t, " m%d=", i);
		say_mem(t, &g->mem[i]);
	}
	for (int32_t i = 0; i < g->n_instr; i++) {
		const egm__instr *in = &g->instr[i];
		say(t, "\n    %s", tile_names[in->op]);
		int32_t refs[3] = {in->y, in->a, in->b};
		for (int j = 0; j < 3; j++) say(t, " %c%d", refs[j] < 0 ? 'm' : 'r', refs[j] < 0 ? ~refs[j] : refs[j]);
		say(t, " %g %g %g", in->c[0], in->c[1], in->c[2]);
	}
	for (int32_t i = 0; i < g->n_sums; i++)
		say(t, "\n    sum%d of %d into m%d", g->sums[i].axes, g->sums[i].source, ~g->sums[i].out);
}

static int is_product(const egm__kernel *k)
{
	return k->kind == EGM__KERNEL_GEMM || k->kind == EGM__KERNEL_PACKED || k->kind == EGM__KERNEL_CONV;
}

static void say_kernel(text *t, const egm__program *p, int32_t i)
{
	const egm__kernel *k = &p->kernels[i];
	say(t, "%d ", i);
	if (k->kind == EGM__KERNEL_GROUP)
		say_group(t, &k->group);
	else if (is_product(k))
		say(t, "%s %lld x %lld x %lld %c%c alpha %g beta %g", kind_names[k->kind], (long long)k->gemm.m,
		    (long long)k->gemm.n, (long long)k->gemm.k, k->gemm.ta ? 'T' : 'N', k->gemm.tb ? 'T' : 'N', k->gemm.alpha,
		    k->gemm.beta);
	else
		say(t, "%s %lld", kind_names[k->kind], (long long)egm__shape_count(&k->shape));
	if (t->by_buffer && is_product(k)) say_mem(t, &k->a), say_mem(t, &k->b), say_mem(t, &k->c);
	if (t->by_buffer && k->kind == EGM__KERNEL_NOISE) say_mem(t, &k->a);
	say(t, "\n");
}

size_t egm__program_describe(const egm__program *p, char *buffer, size_t size)
{
	text t = {buffer, size, 0, 0};
	for (int32_t i = 0; i < p->n_kernels; i++) say_kernel(&t, p, i);
	return t.length + 1;
}

double egm__program_flops(const egm__program *p)
{
	double flops = 0;
	for (int32_t i = 0; i < p->n_kernels; i++) {
		const egm__gemm *g = &p->kernels[i].gemm;
		if (is_product(&p->kernels[i])) flops += 2.0 * (double)g->m * (double)g->n * (double)g->k;
	}
	return flops;
}

size_t egm__program_arena_used(const egm__program *p)
{
	size_t top = 0;
	for (int32_t i = 0; i < p->n_buffers; i++) {
		size_t end = (size_t)egm__aligned(p->buffers[i].offset + p->buffers[i].bytes);
		if (end > top) top = end;
	}
	return top + (size_t)p->scratch_bytes * (size_t)p->context->threads;
}

/* ---- the state of a compilation */

static void say_shape(text *t, const egm__shape *s)
{
	for (int i = 0; i < s->rank; i++) say(t, "%s%lld", i ? " x " : "", (long long)s->d[i]);
}

static void say_node(text *t, const egm__graph *g, egm__id id)
{
	const egm__node *n = &g->nodes[id];
	say(t, "%%%d = %s", id, n->op->name);
	for (int i = 0; i < n->n_in; i++)
		say(t, " %%%d%s", n->in[i], n->op->cls == EGM__CLASS_MATMUL && n->a[i] ? "^T" : "");
	if (n->op->cls == EGM__CLASS_LEAF) say(t, " slot %lld + %lld", (long long)n->a[0], (long long)n->a[1]);
	if (n->op->cls == EGM__CLASS_CONST) say(t, " %g", n->c[0]);
	if (n->op->cls == EGM__CLASS_CHEAP) say(t, " %g %g", n->c[0], n->c[1]);
	if (n->op->cls == EGM__CLASS_REDUCE) say(t, " axes %lld", (long long)n->a[0]);
	say(t, " : ");
	say_shape(t, &n->shape);
	for (int32_t i = 0; i < g->n_out; i++)
		if (g->outputs[i].id == id) say(t, " -> slot %d + %lld", g->outputs[i].slot, (long long)g->outputs[i].offset);
	say(t, "\n");
}

/* needs[id]: an output needs the node; found here, because it is asked for before any pass too. */
static void find_needed(const egm__graph *g, unsigned char *needs)
{
	for (int32_t i = 0; i < g->n_out; i++) needs[g->outputs[i].id] = 1;
	for (egm__id id = g->n - 1; id >= 0; id--)
		for (int i = 0; needs[id] && i < g->nodes[id].n_in; i++) needs[g->nodes[id].in[i]] = 1;
}

size_t egm__list_graph(const egm__lower *l, char *buffer, size_t size)
{
	text t = {buffer, size, 0, 0};
	unsigned char *needs = calloc((size_t)l->g->n + 1, 1);
	int32_t left_out = 0;
	if (!needs) return 0;
	find_needed(l->g, needs);
	for (egm__id id = 0; id < l->g->n; id++) {
		if (needs[id]) say_node(&t, l->g, id);
		left_out += !needs[id];
	}
	free(needs);
	say(&t, "and %d nodes that no output needs\n", left_out);
	return t.length + 1;
}

size_t egm__list_marks(const egm__lower *l, char *buffer, size_t size)
{
	text t = {buffer, size, 0, 0};
	int32_t others = 0;
	for (egm__id id = 0; id < l->g->n; id++) {
		others += l->live[id] && !l->sum[id];
		if (!l->live[id] || !l->sum[id]) continue;
		say(&t, "%%%d %s, %d use%s: sum of products", id, l->g->nodes[id].op->name, l->uses[id],
		    l->uses[id] == 1 ? "" : "s");
		say(&t, "%s%s\n", l->is_output[id] ? ", output" : "", l->absorbed[id] ? ", computed by its reader" : "");
	}
	say(&t, "and %d other nodes that outputs need\n", others);
	return t.length + 1;
}

static void say_home(text *t, const egm__lower *l, egm__id id)
{
	say(t, " %%%d", id);
	if (l->bound[id])
		say(t, " (slot %d + %lld)", l->slot[id], (long long)l->offset[id]);
	else if (l->stored[id])
		say(t, " (stored)");
}

size_t egm__list_drafts(const egm__lower *l, char *buffer, size_t size)
{
	text t = {buffer, size, 0, 0};
	for (int32_t i = 0; i < l->n_drafts; i++) {
		const egm__draft *d = &l->drafts[i];
		say(&t, "%d %s", i, kind_names[d->kind]);
		if (d->kind == EGM__KERNEL_GROUP) {
			say(&t, " over ");
			say_shape(&t, &d->shape);
			say(&t, ":");
		}
		if (d->node != EGM__NONE) say_home(&t, l, d->node);
		if (d->kind == EGM__KERNEL_GEMM || d->kind == EGM__KERNEL_CONV)
			say(&t, " = %g %%%d + %g", d->alpha, d->matmul, d->beta);
		for (int32_t j = 0; j < d->n_members; j++) say_home(&t, l, d->members[j]);
		for (int32_t j = 0; j < d->n_stores; j++) {
			const egm__store *s = &d->stores[j];
			say(&t, ", store %%%d at %s%d + %lld", s->value, s->target == EGM__NONE ? "slot " : "%",
			    s->target == EGM__NONE ? s->slot : s->target, (long long)s->at.offset);
		}
		say(&t, "\n");
	}
	return t.length + 1;
}

size_t egm__list_windows(const egm__lower *l, char *buffer, size_t size)
{
	text t = {buffer, size, 0, 0};
	for (egm__id id = 0; id < l->g->n; id++)
		if (l->window[id] != EGM__NONE) say(&t, "%%%d: %%%d is not written to memory\n", id, l->window[id]);
	if (!t.length) say(&t, "no windows\n");
	return t.length + 1;
}

size_t egm__list_kernels(const egm__lower *l, char *buffer, size_t size)
{
	text t = {buffer, size, 0, 1};
	for (int32_t i = 0; i < l->p->n_kernels; i++) say_kernel(&t, l->p, i);
	return t.length + 1;
}

size_t egm__list_groups(const egm__lower *l, char *buffer, size_t size)
{
	text t = {buffer, size, 0, 1};
	for (int32_t i = 0; i < l->p->n_kernels; i++)
		if (l->p->kernels[i].kind == EGM__KERNEL_GROUP) say_kernel(&t, l->p, i);
	return t.length + 1;
}

size_t egm__list_packs(const egm__lower *l, char *buffer, size_t size)
{
	text t = {buffer, size, 0, 1};
	for (int32_t i = 0; i < l->p->n_kernels; i++)
		if (l->p->kernels[i].kind == EGM__KERNEL_PACKED) say_kernel(&t, l->p, i);
	if (!t.length) say(&t, "no packed products\n");
	return t.length + 1;
}

size_t egm__list_served(const egm__lower *l, char *buffer, size_t size)
{
	text t = {buffer, size, 0, 0};
	for (int32_t i = 0; i < l->p->n_kernels; i++) {
		const egm__kernel *k = &l->p->kernels[i];
		say(&t, "%d %s: slots", i, kind_names[k->kind]);
		for (int s = 0; s < EGM__MAX_SLOTS; s++)
			if (k->serves >> s & 1) say(&t, " %d", s);
		say(&t, "\n");
	}
	return t.length + 1;
}

size_t egm__list_buffers(const egm__lower *l, char *buffer, size_t size)
{
	text t = {buffer, size, 0, 0};
	const egm__program *p = l->p;
	for (int32_t i = 0; i < p->n_buffers; i++)
		say(&t, "buffer %d: %lld bytes at %lld, kernels %d to %d\n", i, (long long)p->buffers[i].bytes,
		    (long long)p->buffers[i].offset, p->buffers[i].first, p->buffers[i].last);
	say(&t, "scratch memory: %lld bytes at %lld for each thread\n", (long long)p->scratch_bytes,
	    (long long)p->scratch_at);
	say(&t, "arena: %zu bytes\n", p->arena_bytes);
	return t.length + 1;
}
