/* SPDX-License-Identifier: MIT */
/* The handle of a loss: it retains its networks and owns a copy of its options. */
#include <core/status_impl.h>
#include <loss/loss_impl.h>
#include <string.h>

static egm_status check_net(const egm_model *net, const egm_model *first, const char *role)
{
	if (!net) return egm__fail(EGM_ERR_ARGUMENT, "%s is NULL", role);
	if (!net->built)
		return egm__fail(EGM_ERR_STATE, "%s '%s' is not built: call egm_model_build first", role, net->name);
	if (net->dtype != first->dtype)
		return egm__fail(EGM_ERR_DTYPE, "%s '%s' is %s, must be %s as '%s' is", role, net->name,
		                 egm__dtype_name(net->dtype), egm__dtype_name(first->dtype), first->name);
	return EGM_OK;
}

static egm_status check_nets(int32_t n, egm_model *const *nets, const char *const *roles)
{
	for (int32_t i = 0; i < n; i++) {
		egm_status st = check_net(nets[i], nets[0], roles[i]);
		if (st != EGM_OK) return st;
		for (int32_t j = 0; j < i; j++)
			if (nets[i] == nets[j])
				return egm__fail(EGM_ERR_ARGUMENT, "%s and %s are both network '%s', must be different ones", roles[j],
				                 roles[i], nets[i]->name);
	}
	return EGM_OK;
}

egm_status egm__loss_create(egm_loss **out, const char *kind, int32_t n_nets, egm_model *const *nets,
                            const char *const *roles, const void *options, size_t options_size)
{
	*out = NULL;
	egm_status st = check_nets(n_nets, nets, roles);
	if (st != EGM_OK) return st;
	egm_context *context = nets[0]->context;
	egm_loss *loss = egm__alloc_zero(context, 1, sizeof *loss + options_size);
	if (!loss) return egm__fail(EGM_ERR_MEMORY, "no memory for a loss");
	memcpy(loss + 1, options, options_size);
	egm__context_retain(context);
	*loss = (egm_loss){.context = context,
	                   .refs = 1,
	                   .kind = kind,
	                   .variant = "",
	                   .n_nets = n_nets,
	                   .data_width = nets[0]->inputs,
	                   .dtype = nets[0]->dtype,
	                   .min_batch = 1,
	                   .options = loss + 1};
	for (int32_t i = 0; i < n_nets; i++) {
		loss->nets[i] = nets[i];
		loss->roles[i] = loss->keys[i] = roles[i];
		egm__model_retain(nets[i]);
	}
	*out = loss;
	return EGM_OK;
}

void egm__loss_retain(egm_loss *loss)
{
	__atomic_add_fetch(&loss->refs, 1, __ATOMIC_RELAXED);
}

void egm_loss_free(egm_loss *loss)
{
	if (!loss || __atomic_sub_fetch(&loss->refs, 1, __ATOMIC_ACQ_REL) > 0) return;
	egm_context *context = loss->context;
	for (int32_t i = 0; i < loss->n_nets; i++) egm_model_free(loss->nets[i]);
	egm__free(context, loss->constants);
	egm__free(context, loss);
	egm_context_free(context);
}

int32_t egm_loss_term_count(const egm_loss *loss)
{
	return loss ? loss->n_terms : 0;
}

const char *egm_loss_term_name(const egm_loss *loss, int32_t index)
{
	return loss && index >= 0 && index < loss->n_terms ? loss->term_names[index] : NULL;
}
