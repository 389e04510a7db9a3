/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/verb.h"

/* Verbs of rkt that this version does not have yet: known by name, so that the answer is not "unknown
 * command". */
#define UNSUPPORTED(id, verb_name, text)                                                                     \
        static const Verb verb_##id = {                                                                      \
                .name = verb_name, .usage = "", .summary = text, .flags = VERB_UNSUPPORTED                   \
        }

UNSUPPORTED(api_service, "api-service", "Run the API service");
UNSUPPORTED(app_add, "app add", "Add an app to a pod");
UNSUPPORTED(app_exec, "app exec", "Execute a command in an app");
UNSUPPORTED(app_list, "app list", "List the apps of a pod");
UNSUPPORTED(app_rm, "app rm", "Remove an app from a pod");
UNSUPPORTED(app_sandbox, "app sandbox", "Create an empty pod");
UNSUPPORTED(app_start, "app start", "Start an app in a pod");
UNSUPPORTED(app_status, "app status", "Get the status of an app");
UNSUPPORTED(app_stop, "app stop", "Stop an app in a pod");
UNSUPPORTED(attach, "attach", "Attach to an app");
UNSUPPORTED(config, "config", "Print configuration for each stage");
UNSUPPORTED(export, "export", "Export an app from an exited pod to an ACI file");
UNSUPPORTED(metadata_service, "metadata-service", "Run the metadata service");

extern const Verb verb_cat_manifest, verb_completion, verb_enter, verb_fetch, verb_gc, verb_help,
        verb_image_cat_manifest, verb_image_export, verb_image_extract, verb_image_gc, verb_image_list,
        verb_image_render, verb_image_rm, verb_image_verify, verb_list, verb_pod_fetch, verb_pod_run,
        verb_pod_verify, verb_prepare, verb_rm, verb_run, verb_run_prepared, verb_status, verb_stop,
        verb_trust, verb_version;

const Verb *const cli_verbs[] = {
        &verb_api_service,
        &verb_app_add,
        &verb_app_exec,
        &verb_app_list,
        &verb_app_rm,
        &verb_app_sandbox,
        &verb_app_start,
        &verb_app_status,
        &verb_app_stop,
        &verb_attach,
        &verb_cat_manifest,
        &verb_completion,
        &verb_config,
        &verb_enter,
        &verb_export,
        &verb_fetch,
        &verb_gc,
        &verb_help,
        &verb_image_cat_manifest,
        &verb_image_export,
        &verb_image_extract,
        &verb_image_gc,
        &verb_image_list,
        &verb_image_render,
        &verb_image_rm,
        &verb_image_verify,
        &verb_list,
        &verb_metadata_service,
        &verb_pod_fetch,
        &verb_pod_run,
        &verb_pod_verify,
        &verb_prepare,
        &verb_rm,
        &verb_run,
        &verb_run_prepared,
        &verb_status,
        &verb_stop,
        &verb_trust,
        &verb_version,
        NULL,
};
