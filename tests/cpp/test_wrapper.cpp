/* SPDX-License-Identifier: MIT */
/* The tests of egm.hpp, compiled once for each standard that it supports. */
#include "support.hpp"

int main()
{
	Suite *suite = suite_create("egm.hpp");
	suite_add_tcase(suite, handles_tests());
	suite_add_tcase(suite, arguments_tests());
	suite_add_tcase(suite, callbacks_tests());
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
