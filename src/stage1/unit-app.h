/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "stage1/units.h"

/* Text of a unit in the making; the first error sticks, and what comes after it is not written. */
typedef struct UnitText {
        StringBuf buf;
        int error;
        Diag *diag;
} UnitText;

void unit_text_done(UnitText *t);
void unit_text_line(UnitText *t, const char *format, ...) _printf_(2, 3);
/* Adds the text as a unit of that name; returns its error, if it has one. */
int unit_list_add(UnitList *l, const char *name, UnitText *text);

/* The units of one app: APP.service, and pre-start@APP.service, post-stop@APP.service if it has such
 * handlers. */
int unit_app_add(const PodPlan *p, const AppPlan *a, UnitList *l, Diag *diag);
