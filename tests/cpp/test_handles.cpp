/* SPDX-License-Identifier: MIT */
/* Ownership: every handle is freed once, however handles are moved, and in any order. Errors keep status and text. */
#include "support.hpp"

#include <type_traits>

using namespace egm_test;

template <class H> constexpr bool owns()
{
	return std::is_nothrow_move_constructible<H>::value && std::is_nothrow_move_assignable<H>::value &&
	       std::is_nothrow_default_constructible<H>::value && !std::is_copy_constructible<H>::value &&
	       !std::is_copy_assignable<H>::value;
}
static_assert(owns<egm::context>() && owns<egm::model>() && owns<egm::data>() && owns<egm::loss>(), "");
static_assert(owns<egm::trainer>() && owns<egm::target>() && owns<egm::sampler>(), "");
static_assert(owns<egm::mixture>() && owns<egm::diagnostics>(), "");
static_assert(!std::is_convertible<egm_model *, egm::model>::value, "a pointer becomes an owner only when it is said");

START_TEST(test_move__empties_the_source)
{
	egm::context context = egm::make(egm_context_create);
	egm_context *pointer = context.get();
	egm::context other = std::move(context);
	ck_assert(!context && context.get() == nullptr);
	ck_assert(other && other.get() == pointer);
}
END_TEST

START_TEST(test_move__to_itself_keeps_the_handle)
{
	egm::context context = egm::make(egm_context_create);
	egm::model model = energy_net(context), &same = model;
	egm_model *pointer = model.get();
	model = std::move(same);
	ck_assert_ptr_eq(model.get(), pointer);
	ck_assert_int_eq(model.inputs(), 2);
}
END_TEST

START_TEST(test_move__frees_what_was_there)
{
	heap heap;
	egm::context context = heap.context();
	egm::model first = energy_net(context);
	long one = heap.blocks;
	egm::model second = energy_net(context);
	ck_assert_int_gt(heap.blocks, one);
	first = std::move(second);
	ck_assert_int_eq(heap.blocks, one);
	first = egm::model();
	ck_assert_int_lt(heap.blocks, one);
}
END_TEST

START_TEST(test_handles__are_freed_in_any_order)
{
	heap heap;
	egm::context context = heap.context();
	long empty = heap.blocks;
	{
		egm::model energy = energy_net(context);
		egm::loss loss = egm::make(egm_loss_dsm, energy);
		egm::trainer trainer = egm::make(egm_trainer_create, loss);
		energy = egm::model();
		loss = egm::loss();
		trainer.fit(egm::make(egm_data_copy, context, circle(64)), 1);
	}
	ck_assert_int_eq(heap.blocks, empty);
	/* The context is freed before the handles that were made with it. */
	egm::model last = energy_net(context);
	context = egm::context();
	ck_assert_int_eq(last.outputs(), 1);
}
END_TEST

START_TEST(test_handles__in_containers)
{
	egm::context context = egm::make(egm_context_create);
	std::vector<egm::model> models;
	for (int i = 0; i < 20; i++) models.push_back(energy_net(context));
	models.erase(models.begin(), models.begin() + 19);
	ck_assert_uint_eq(models.size(), 1);
	ck_assert_int_eq(models[0].inputs(), 2);
}
END_TEST

START_TEST(test_fill__takes_what_c_constructors_make)
{
	heap heap;
	egm::context context = heap.context();
	egm::model model = energy_net(context);
	long one = heap.blocks;
	egm::check(egm_model_clone(model.fill(), energy_net(context).get()));
	ck_assert_int_eq(heap.blocks, one);
	egm_model *made = nullptr;
	egm::check(egm_model_clone(&made, model.get()));
	egm::model owner(made);
	ck_assert_ptr_eq(owner.get(), made);
}
END_TEST

START_TEST(test_error__has_status_and_text)
{
	egm::context context = egm::make(egm_context_create);
	egm::error e = thrown_by<egm::error>([&] { egm::make(egm_model_create, context, "energy", 0); });
	ck_assert_int_eq(e.status(), EGM_ERR_ARGUMENT);
	ck_assert_str_eq(e.what(), egm_last_error());
	ck_assert_msg(contains(e.what(), "egm_model_create: "), "%s", e.what());
	std::runtime_error base = thrown_by<std::runtime_error>([&] { egm::check(EGM_ERR_SHAPE); });
	ck_assert_str_eq(base.what(), egm_last_error());
}
END_TEST

START_TEST(test_error__outlives_later_errors)
{
	egm::context context = egm::make(egm_context_create);
	egm::error first = thrown_by<egm::error>([&] { egm::make(egm_model_create, context, "energy", 0); });
	std::string text = first.what();
	thrown_by<egm::error>([&] { egm::make(egm_data_load_npy, context, "no/such/file.npy"); });
	ck_assert_str_eq(first.what(), text.c_str());
	ck_assert_str_ne(first.what(), egm_last_error());
}
END_TEST

START_TEST(test_error__of_an_empty_handle)
{
	egm::error e = thrown_by<egm::error>([] { egm::make(egm_model_create, egm::context(), "energy", 2); });
	ck_assert_int_eq(e.status(), EGM_ERR_ARGUMENT);
	e = thrown_by<egm::error>([] { egm::trainer().save("x.safetensors"); });
	ck_assert_int_eq(e.status(), EGM_ERR_ARGUMENT);
	e = thrown_by<egm::error>([] { egm::model().dense(4); });
	ck_assert_int_eq(e.status(), EGM_ERR_ARGUMENT);
}
END_TEST

START_TEST(test_constructors__that_fail_leave_nothing)
{
	heap heap;
	egm::context context = heap.context();
	egm::model wrong = egm::make(egm_model_create, context, "wrong", 2).dense(3).build(EGM_F32, 1);
	long before = heap.blocks;
	egm::error e = thrown_by<egm::error>([&] { egm::make(egm_loss_dsm, wrong); });
	ck_assert_int_eq(e.status(), EGM_ERR_SHAPE);
	ck_assert_int_eq(heap.blocks, before);
}
END_TEST

START_TEST(test_layers__are_chained_and_checked)
{
	egm::context context = egm::make(egm_context_create);
	egm::model model = egm::make(egm_model_create, context, "images", 36)
	                       .set_initializer(EGM_INIT_HE_NORMAL)
	                       .image(6, 6, 1)
	                       .conv(4, 3, 1, 1)
	                       .batch_norm(1e-5, 0.1)
	                       .leaky_relu(0.2)
	                       .average_pool(2)
	                       .flatten()
	                       .dense(1);
	egm::model &same = model.build(EGM_F64, 7);
	ck_assert_ptr_eq(&same, &model);
	ck_assert_int_eq(model.dtype(), EGM_F64);
	ck_assert_str_eq(model.name(), "images");
	ck_assert_msg(contains(model.summary(), "conv"), "%s", model.summary().c_str());
	egm::error e = thrown_by<egm::error>([&] { egm::make(egm_model_create, context, "wrong", 36).dense(0).tanh(); });
	ck_assert_int_eq(e.status(), EGM_ERR_ARGUMENT);
	ck_assert_msg(contains(e.what(), "egm_model_dense: "), "%s", e.what());
}
END_TEST

START_TEST(test_memory__saves_and_loads)
{
	egm::context context = egm::make(egm_context_create);
	egm::model energy = energy_net(context);
	egm::loss loss = egm::make(egm_loss_dsm, energy);
	egm::trainer trainer = egm::make(egm_trainer_create, loss);
	egm::data data = egm::make(egm_data_copy, context, circle(128));
	trainer.fit(data, 3);
	std::vector<unsigned char> checkpoint = trainer.save_memory(), bytes = energy.save_memory();
	egm::model copy = egm::make(egm_model_load_memory, context, bytes, bytes.size());
	const float x[1][2] = {{1, 2}};
	ck_assert(copy.energy(x) == energy.energy(x)); /* the same program on the same parameters */
	trainer.fit(data, 3);
	float moved = energy.energy(x)[0];
	trainer.restore_memory(checkpoint, checkpoint.size());
	ck_assert(copy.energy(x) == energy.energy(x));
	trainer.fit(data, 3);
	ck_assert(energy.energy(x)[0] == moved); /* n steps, save, restore, m steps: the same bits */
}
END_TEST

TCase *handles_tests()
{
	TCase *tests = tcase_create("handles");
	tcase_add_test(tests, test_move__empties_the_source);
	tcase_add_test(tests, test_move__to_itself_keeps_the_handle);
	tcase_add_test(tests, test_move__frees_what_was_there);
	tcase_add_test(tests, test_handles__are_freed_in_any_order);
	tcase_add_test(tests, test_handles__in_containers);
	tcase_add_test(tests, test_fill__takes_what_c_constructors_make);
	tcase_add_test(tests, test_error__has_status_and_text);
	tcase_add_test(tests, test_error__outlives_later_errors);
	tcase_add_test(tests, test_error__of_an_empty_handle);
	tcase_add_test(tests, test_constructors__that_fail_leave_nothing);
	tcase_add_test(tests, test_layers__are_chained_and_checked);
	tcase_add_test(tests, test_memory__saves_and_loads);
	return tests;
}
