/* SPDX-License-Identifier: MIT */
/* Contents of a checkpoint, which are all that a resumed training needs, exactly: arrays in their own dtype and
 * counters as decimal integers. Noise and shuffling have no state: every draw is a function of the seed and the
 * counters. */
#include <core/status_impl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <train/checkpoint_impl.h>

const char *egm__net_key(char buffer[64], const char *role, const char *what)
{
	snprintf(buffer, 64, "%.40s.%.20s", role, what);
	return buffer;
}

static egm__entry *add_entry(egm__entries *e, const char *role, const char *name, void *values, int64_t count)
{
	egm__entry *entry;
	if (!values) return NULL;
	entry = &e->list[e->n++];
	snprintf(entry->name, sizeof entry->name, "%.30s%s%.30s", role, *role ? "." : "", name);
	entry->values = values;
	entry->rank = 1;
	entry->shape[0] = count;
	entry->count = count;
	return entry;
}

/* An array with a number for each parameter of a network. */
static void add_parallel(egm__entries *e, const char *role, const char *name, void *values, const egm_model *net,
                         int32_t rule)
{
	egm__entry *entry = add_entry(e, role, name, values, net->count);
	if (!entry) return;
	entry->rule = rule;
	entry->net = net;
}

static void add_net(egm__entries *e, const egm_trainer *t, int32_t index)
{
	const egm_model *net = t->loss->nets[index];
	const egm__optimizer *o = &t->nets[index];
	const char *role = t->loss->keys[index];
	egm__entry *v;
	for (int32_t i = 0; i < net->n_tensors; i++) {
		const egm__tensor *tensor = &net->tensors[i];
		void *values = (char *)net->parameters + (size_t)tensor->offset * t->element;
		egm__entry *entry = add_entry(e, role, tensor->name, values, tensor->count);
		entry->rank = tensor->rank;
		if (tensor->not_negative) entry->rule = EGM__RULE_NOT_NEGATIVE;
		memcpy(entry->shape, tensor->shape, sizeof entry->shape);
	}
	add_parallel(e, role, "m", o->m, net, EGM__RULE_MOMENT);
	v = add_entry(e, role, "v", o->v, o->count);
	if (v) v->rule = EGM__RULE_NOT_NEGATIVE; /* its square root is computed */
	add_parallel(e, role, "average", o->average, net, EGM__RULE_PARAMETERS);
}

/* The buffer, the chains, and last the watch, which files of 0.4 do not have. */
static egm_status add_negatives(egm__checkpoint *c, const egm_trainer *t)
{
	egm__negatives *n = t->negatives;
	int64_t dims = t->loss->data_width;
	egm__entry *buffer = add_entry(&c->entries, "negatives", "buffer", n->buffer, n->options.buffer * dims);
	if (buffer) {
		buffer->dtype = (int32_t)t->loss->dtype;
		buffer->rank = 2;
		buffer->shape[0] = n->options.buffer;
		buffer->shape[1] = dims;
	}
	egm_status st = egm__sampler_stage_create(&c->chains, n->sampler, "negatives.");
	for (int32_t i = 0; st == EGM_OK && i < c->chains.entries.n; i++)
		c->entries.list[c->entries.n++] = c->chains.entries.list[i];
	add_entry(&c->entries, "negatives", "watch", &n->watch, EGM__WATCHED)->dtype = EGM__ST_F64;
	return st;
}

egm_status egm__checkpoint_create(egm__checkpoint *out, const egm_trainer *t)
{
	egm_status st = EGM_OK;
	egm__entries *e = &out->entries;
	size_t room = 3 + EGM__SAMPLER_ENTRIES;
	memset(out, 0, sizeof *out);
	for (int32_t i = 0; i < t->loss->n_nets; i++) room += (size_t)t->loss->nets[i]->n_tensors + 3;
	e->list = egm__alloc_zero(t->context, room, sizeof *e->list);
	if (!e->list) EGM_FAIL(EGM_ERR_MEMORY, "out of memory for a list of %zu arrays", room);
	for (int32_t i = 0; i < t->loss->n_nets; i++) add_net(e, t, i);
	if (t->loss->n_state) add_entry(e, "", "state", t->state, t->loss->n_state);
	for (int32_t i = 0; i < e->n; i++) e->list[i].dtype = (int32_t)t->loss->dtype;
	if (t->negatives) EGM_TRY(add_negatives(out, t));
out:
	return st;
}

void egm__checkpoint_clear(egm__checkpoint *c, const egm_trainer *t)
{
	egm__free(t->context, c->entries.list);
	egm__free(t->context, c->chains.block);
}

const char *egm__negatives_text(char buffer[64], const egm_trainer *t)
{
	*buffer = 0;
	if (t->negatives)
		snprintf(buffer, 64, "%s %.40s", egm__choice_name(&egm__negatives_starts, t->negatives->options.start),
		         t->negatives->sampler->method->name);
	return buffer;
}

void egm__exact_text(char *buffer, size_t size, double x)
{
	int exponent;
	uint64_t mantissa = (uint64_t)ldexp(frexp(fabs(x), &exponent), 53);
	snprintf(buffer, size, "%s0x%" PRIx64 "p%d", signbit(x) ? "-" : "", mantissa, exponent - 53);
}

/* The parameters of a layer other than its widths, as in " 4 0x1p3". */
static void parameters_text(char *text, size_t size, const egm__layer *layer)
{
	size_t used = 0;
	*text = 0;
	for (int32_t i = 0; i < egm__layer_parameter_count(layer->kind); i++) {
		const egm__layer_parameter *p = &layer->kind->parameters[i];
		char number[40];
		if (p->is_outputs) continue;
		if (p->integer)
			snprintf(number, sizeof number, "%" PRId64, (int64_t)layer->parameters[i]);
		else
			egm__exact_text(number, sizeof number, layer->parameters[i]);
		used += (size_t)snprintf(text + used, size - used, " %s", number);
	}
}

char *egm__layers_text(const egm_model *net)
{
	enum { ROOM = 320 }; /* kind up to 32 characters, two integers up to 20, numbers up to 31 each */
	size_t size = (size_t)net->n_layers * ROOM + 1, used = 0;
	char *text = egm__alloc_zero(net->context, size, 1);
	for (int32_t i = 0; text && i < net->n_layers; i++) {
		const egm__layer *layer = &net->layers[i];
		char numbers[31 * EGM__LAYER_PARAMETERS + 1];
		parameters_text(numbers, sizeof numbers, layer);
		used += (size_t)snprintf(text + used, ROOM, "%s%.32s %" PRId64 " %" PRId64 "%s", i ? "; " : "",
		                         layer->kind->name, layer->inputs, layer->outputs, numbers);
	}
	return text;
}
