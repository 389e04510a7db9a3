/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* In the pod, in stage1's root: says on standard output why the program of an app cannot be executed, if it
 * is a missing file: the program itself, or the interpreter that it names. */
void exec_diagnosis_print(const char *app, const char *program);
