/* SPDX-License-Identifier: MIT */
/* The checks of formula_check.h for each row of a table. Included after the table `formulas` and its size N_FORMULAS.
 */
#ifndef EGM_TESTS_FORMULA_LOOPS_H
#define EGM_TESTS_FORMULA_LOOPS_H

#include "formula_check.h"

START_TEST(test_formula__first_derivative_equals_differences)
{
	egm_context *c = context();
	prepare_formula(&formulas[_i], &data, (uint64_t)_i + 1);
	check_derivative(&formulas[_i], c, ORDER_GRADIENT);
	egm_context_free(c);
}
END_TEST

START_TEST(test_formula__second_derivative_equals_differences)
{
	egm_context *c = context();
	prepare_formula(&formulas[_i], &data, (uint64_t)_i + 1);
	check_derivative(&formulas[_i], c, ORDER_HESSIAN);
	egm_context_free(c);
}
END_TEST

START_TEST(test_formula__program_equals_interpreter)
{
	egm_context *c = context();
	prepare_formula(&formulas[_i], &data, (uint64_t)_i + 77);
	for (int order = ORDER_VALUE; order <= ORDER_HESSIAN; order++) check_program(&formulas[_i], c, order);
	egm_context_free(c);
}
END_TEST

static inline void add_formulas(Suite *s)
{
	TCase *t = tcase_create("derivatives");
	tcase_set_tags(t, "K1");
	tcase_add_loop_test(t, test_formula__first_derivative_equals_differences, 0, N_FORMULAS);
	tcase_add_loop_test(t, test_formula__second_derivative_equals_differences, 0, N_FORMULAS);
	suite_add_tcase(s, t);
	t = tcase_create("programs");
	tcase_add_loop_test(t, test_formula__program_equals_interpreter, 0, N_FORMULAS);
	suite_add_tcase(s, t);
}

#endif
