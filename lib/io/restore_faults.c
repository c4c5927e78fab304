/* SPDX-License-Identifier: MIT */
/* The tensors of a file and a model that do not fit, in one error line: how many, and the names of the first. */
#include <stdarg.h>
#include <stdio.h>

#include <io/restore_impl.h>

/* ---- what does not fit */

void egm__restore_fault(egm__restore_fault_list *list, const char *format, ...)
{
	char item[EGM__RESTORE_NAMES];
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(item, sizeof item, format, arguments);
	va_end(arguments);
	list->count++;
	if (n < 0 || (list->named && list->used + (size_t)n + 3 > sizeof list->text)) return;
	list->used += (size_t)snprintf(list->text + list->used, sizeof list->text - list->used, "%s%.*s",
	                               list->named ? ", " : "", EGM__RESTORE_NAMES - 3, item);
	list->named++;
}

static size_t list_text(char *text, size_t used, const egm__restore_fault_list *list, const char *what)
{
	char more[32] = "";
	if (!list->count) return used;
	if (list->count > list->named) snprintf(more, sizeof more, " and %d more", (int)(list->count - list->named));
	int n = snprintf(text + used, EGM__RESTORE_TEXT - used, "%s%d %s (%s%s)", used ? "; " : "", (int)list->count, what,
	                 list->text, more);
	return n < 0 || used + (size_t)n >= EGM__RESTORE_TEXT ? EGM__RESTORE_TEXT - 1 : used + (size_t)n;
}

void egm__restore_faults_text(char text[EGM__RESTORE_TEXT], const egm__restore_faults *f)
{
	text[0] = 0;
	size_t used = list_text(text, 0, &f->missing, f->missing.count == 1 ? "tensor is missing" : "tensors are missing");
	used = list_text(text, used, &f->extra, f->extra.count == 1 ? "belongs to no layer" : "belong to no layer");
	list_text(text, used, &f->misshapen, f->misshapen.count == 1 ? "has another shape" : "have another shape");
}
