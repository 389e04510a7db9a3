/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* Names: of pods, machines, hosts, apps. A pod's name is NAME, or PREFIX@INSTANCE for an instance of the
 * template PREFIX@.pod; its unit is pod@NAME.service. */

#define POD_NAME_MAX 64

/* [a-zA-Z0-9_.@-]{1,64}, and a valid machine name once "@" is written as "-". A template's name ("web@") is
 * none. */
bool pod_name_is_valid(const char *name);
/* The same; -EINVAL with the reason in diag. */
int pod_name_check(const char *name, Diag *diag);
/* Whether it can stand in "pod@NAME.service" at all: the characters and length alone. */
bool pod_name_fits_unit(const char *name);
/* Whether it is "PREFIX@" with a PREFIX that makes valid names. */
bool pod_name_is_template(const char *name);
/* Behind the first "@"; NULL if there is none. Inside name. */
const char *pod_name_instance(const char *name);
/* "web@" for "web@1". -EINVAL: name has no instance. */
int pod_name_template(const char *name, char **ret);
/* NAME with "-" for "@": the machine and host name of a pod that gives none. */
int pod_name_to_machine(const char *name, char **ret);

/* As systemd-machined and sethostname() take them: labels of letters, digits and "-", separated by single
 * dots, at most 64 bytes in all. */
bool machine_name_is_valid(const char *s);
/* An app's name, appc's AC Name: ^[a-z0-9]+([-][a-z0-9]+)*$, at most 512 bytes. */
bool app_name_is_valid(const char *s);
