/* SPDX-License-Identifier: MIT */
/* Checks the widths of the networks of a system against their formulas. */
#include <loss/system_impl.h>
#include <stdlib.h>

enum { LETTERS = 26 };

/* The width of a letter is the first that is known of it; 0 before. */
static void set_letter(int64_t *letters, const char *formula, int64_t width)
{
	if (formula[0] < 'a' || formula[0] > 'z' || formula[1]) return;
	int64_t *letter = &letters[formula[0] - 'a'];
	if (!*letter) *letter = width;
}

/* The value of a formula like "d+2k". */
static int64_t width_of(const int64_t *letters, const char *formula)
{
	int64_t sum = 0;
	for (const char *at = formula; *at; at += *at == '+') {
		char *end = NULL;
		int64_t factor = strtoll(at, &end, 10);
		if (end == at) factor = 1;
		at = end;
		if (*at >= 'a' && *at <= 'z') factor *= letters[*at++ - 'a'];
		sum += factor;
	}
	return sum;
}

static egm_status check_width(const egm_loss *loss, int32_t net, const char *side, int64_t is, int64_t wanted)
{
	if (is == wanted) return EGM_OK;
	return egm__fail(EGM_ERR_SHAPE, "%s '%s' has %lld %s, must have %lld", loss->roles[net], loss->nets[net]->name,
	                 (long long)is, side, (long long)wanted);
}

egm_status egm__system_check_widths(egm_loss *loss, const egm__net_shape *shapes, const char *data)
{
	egm_status st = EGM_OK;
	int64_t letters[LETTERS] = {0};
	for (int32_t i = 0; i < loss->n_nets; i++) {
		set_letter(letters, shapes[i].inputs, loss->nets[i]->inputs);
		set_letter(letters, shapes[i].outputs, egm__model_outputs(loss->nets[i]));
	}
	for (int32_t i = 0; i < loss->n_nets; i++) {
		EGM_TRY(check_width(loss, i, "inputs", loss->nets[i]->inputs, width_of(letters, shapes[i].inputs)));
		EGM_TRY(
		    check_width(loss, i, "outputs", egm__model_outputs(loss->nets[i]), width_of(letters, shapes[i].outputs)));
	}
	loss->data_width = width_of(letters, data ? data : "d");
	if (!loss->data_width) loss->data_width = 1; /* a system without data */
out:
	return st;
}
