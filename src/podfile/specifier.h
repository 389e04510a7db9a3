/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* Specifiers in the values of [Pod] and [App], for the pod NAME, or PREFIX@INSTANCE:
 *     %i INSTANCE    %I the same, unescaped as systemd-escape(1) does    %p PREFIX, or NAME
 *     %N pod@NAME    %n pod@NAME.service    %% a percent sign
 * -EINVAL with diag (no position): any other, or %i and %I without an instance. */
int specifier_expand(const char *s, const char *pod_name, char **ret, Diag *diag);

/* For text that goes into a unit of an instance of a template: %i and %I become INSTANCE, since to systemd
 * they would be PREFIX@INSTANCE; everything else stays for systemd. Without an instance a plain copy. */
int specifier_expand_instance(const char *s, const char *pod_name, char **ret);
