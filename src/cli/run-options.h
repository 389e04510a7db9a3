/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/pod-args.h"

/* What rkt run and rkt run-prepared have in common: everything about running, nothing about the manifest. */

typedef struct RunOptions {
        bool interactive;
        char **nets;
        char *hostname;
        char **unsupported;
} RunOptions;

#define RUN_OPTION_ROWS(type, member) \
        { "hostname", 0, OPTION_STRING, offsetof(type, member.hostname), "NAME", "Host name of the pod", \
          "rkt-UUID" }, \
        { "interactive", 0, OPTION_BOOLEAN, offsetof(type, member.interactive), NULL, \
          "Connect the terminal to the pod's only app", "false" }, \
        { "net", 0, OPTION_LIST, offsetof(type, member.nets), "NAME", "Network: host or none", "default", \
          .implied = "default" }, \
        { "dns", 0, OPTION_STRV, 0, "ADDRESS", "Name server", .unsupported = true }, \
        { "dns-domain", 0, OPTION_STRING, 0, "DOMAIN", "DNS domain", .unsupported = true }, \
        { "dns-opt", 0, OPTION_STRV, 0, "OPTION", "DNS option", .unsupported = true }, \
        { "dns-search", 0, OPTION_STRV, 0, "DOMAIN", "DNS search domain", .unsupported = true }, \
        { "hosts-entry", 0, OPTION_STRV, 0, "IP=NAME|host", "Entry of /etc/hosts", .unsupported = true }, \
        { "ipc", 0, OPTION_STRING, 0, "auto|private|parent", "IPC namespace", .unsupported = true }, \
        { "mds-register", 0, OPTION_BOOLEAN, 0, NULL, "Register with the metadata service", \
          .unsupported = true }

/* Moves the locked pod to phase run and executes it in this process; returns only on failure. */
int run_options_run(Cli *c, const RunOptions *o, Pod *p, Diag *diag);
/* Errors that need no pod: networks, host name. */
int run_options_check(const RunOptions *o, Diag *diag);
