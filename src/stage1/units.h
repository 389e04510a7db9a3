/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "stage1/plan.h"

/* The units that systemd in the pod runs, as text. */

/* In the pod: our program that notes how apps end. */
#define STAGE1_REAPER "/reaper"

/* A name and its text; both owned. */
typedef struct UnitFile {
        char *name, *text;
} UnitFile;

typedef struct UnitList {
        UnitFile *items;
        size_t n;
} UnitList;

void unit_list_done(UnitList *l);

/* All units of the pod that are not in the stage1 image. */
int units_make(const PodPlan *p, UnitList *ret, Diag *diag);

/* Writes them to etc/systemd/system below stage1_fd. */
int units_write(const UnitList *l, int stage1_fd, Diag *diag);

/* Whether an app of that name would take the place of a unit of stage1's own. */
bool unit_name_is_reserved(const char *app_name);
