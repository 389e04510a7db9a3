/* SPDX-License-Identifier: Apache-2.0 */

#include <strings.h>

#include "podfile/keys.h"
#include "podfile/values.h"

/* One row a key, in the order of rkt.pod(5). Keys that this version does not support stand here too, so that
 * they are refused by name rather than taken for mistakes. */

#define POD_STRING(n, f, field) \
        { SECTION_POD, n, IN_ROAD, f, reset_string, offsetof(PodFile, field), NULL, NULL }
#define POD_LIST(n, f, field) \
        { SECTION_POD, n, IN_ROAD, f, reset_list, offsetof(PodFile, field), NULL, NULL }
#define POD_VALUE(n, f, field, def) \
        { SECTION_POD, n, IN_ROAD, f, NULL, offsetof(PodFile, field), def, NULL }
#define POD_FIXED(n, def, later) \
        { SECTION_POD, n, IN_ROAD, parse_only_default, NULL, 0, def, later }
#define POD_PARSER(n, f, def) \
        { SECTION_POD, n, IN_ROAD, f, NULL, 0, def, NULL }
#define POD_LATER(n, in) \
        { SECTION_POD, n, in, NULL, NULL, 0, NULL, NULL }
#define APP_STRING(n, f, field) \
        { SECTION_APP, n, IN_ROAD, f, reset_string, offsetof(PodFileApp, field), NULL, NULL }
#define APP_LIST(n, f, field) \
        { SECTION_APP, n, IN_ROAD, f, reset_list, offsetof(PodFileApp, field), NULL, NULL }
#define APP_WHOLE(n, f, r) \
        { SECTION_APP, n, IN_ROAD, f, r, 0, NULL, NULL }
#define APP_LATER(n, in) \
        { SECTION_APP, n, in, NULL, NULL, 0, NULL, NULL }

static const PodFileKey key_table[] = {
        POD_STRING("MachineName", parse_machine_name, machine_name),
        POD_STRING("Hostname", parse_machine_name, hostname),
        { SECTION_POD, "Net", IN_ROAD, parse_net, reset_nets, offsetof(PodFile, nets), NULL, NULL },
        POD_LATER("Port", IN_NET),
        POD_LATER("DNS", IN_RUN),
        POD_LATER("DNSSearch", IN_RUN),
        POD_LATER("DNSOption", IN_RUN),
        POD_LATER("DNSDomain", IN_RUN),
        POD_LATER("HostsEntry", IN_RUN),
        POD_LIST("Volume", parse_volume, volumes),
        POD_LIST("Environment", parse_environment, environment),
        POD_LIST("EnvironmentFile", parse_path_list, environment_files),
        POD_VALUE("InheritEnvironment", parse_bool, inherit_environment, "no"),
        POD_LATER("PrivateUsers", IN_RUN),
        POD_VALUE("Overlay", parse_bool, overlay, "yes"),
        POD_LATER("PullPolicy", IN_IMG),
        POD_LATER("FetchRetries", IN_IMG),
        POD_LATER("FetchRetryDelaySec", IN_IMG),
        POD_LIST("InsecureOptions", parse_insecure_options, insecure_options),
        POD_LATER("RegistryCredential", IN_IMG),
        POD_LATER("Stage1", IN_RUN),
        POD_LATER("PodManifest", IN_RUN),
        POD_LATER("MetadataService", IN_NET),
        POD_LATER("Label", IN_RUN),
        POD_LATER("Annotation", IN_RUN),
        POD_LATER("Isolator", IN_RUN),
        POD_LATER("Mutable", IN_RUN),
        POD_FIXED("ExitPolicy", "on-failure", "any all never app:*"),
        POD_FIXED("Readiness", "apps", "boot healthy"),
        POD_VALUE("StopTimeoutSec", parse_time, stop_timeout, "30s"),
        POD_LATER("LoadCredential", IN_RUN),
        POD_LATER("LoadCredentialEncrypted", IN_RUN),
        POD_LATER("SetCredential", IN_RUN),
        POD_LATER("ShmSize", IN_RUN),
        POD_LATER("Sysctl", IN_RUN),
        POD_FIXED("LogStorage", "volatile", "persistent"),
        POD_FIXED("LogMaxUse", "64M", "*"),
        POD_FIXED("LogForward", "console", "none"),
        POD_LATER("AutoUpdate", IN_MORE),
        POD_LATER("UpdateRollback", IN_MORE),
        POD_LATER("UpdateGraceSec", IN_MORE),
        POD_LATER("KeepPods", IN_RUN),
        POD_LATER("GCGraceSec", IN_RUN),
        POD_PARSER("OnUnknownKey", parse_on_unknown_key, "error"),
        POD_PARSER("MinVersion", parse_min_version, "0"),
        POD_LATER("CPUWeight", IN_RUN),
        POD_LATER("CPUQuota", IN_RUN),
        POD_LATER("AllowedCPUs", IN_RUN),
        POD_LATER("MemoryHigh", IN_RUN),
        POD_LATER("MemoryMax", IN_RUN),
        POD_LATER("TasksMax", IN_RUN),
        POD_LATER("IOWeight", IN_RUN),
        POD_LATER("IOReadBandwidthMax", IN_RUN),
        POD_LATER("IOWriteBandwidthMax", IN_RUN),
        POD_LATER("IOReadIOPSMax", IN_RUN),
        POD_LATER("IOWriteIOPSMax", IN_RUN),

        APP_STRING("Name", parse_app_name, name),
        APP_STRING("Image", parse_image, image),
        APP_STRING("Signature", parse_path, signature),
        APP_LIST("Exec", parse_command, exec),
        APP_LIST("Args", parse_command, args),
        APP_STRING("WorkingDirectory", parse_path, working_directory),
        APP_LATER("User", IN_RUN),
        APP_LATER("Group", IN_RUN),
        APP_LATER("SupplementaryGroups", IN_RUN),
        APP_LIST("Environment", parse_environment, environment),
        APP_LIST("EnvironmentFile", parse_path_list, environment_files),
        APP_WHOLE("Mount", parse_mount, reset_mounts),
        APP_LATER("BindPath", IN_RUN),
        APP_LATER("TmpfsPath", IN_RUN),
        APP_LATER("Device", IN_RUN),
        APP_LATER("Port", IN_NET),
        APP_LATER("SocketActivated", IN_NET),
        APP_LATER("ReadonlyRootfs", IN_RUN),
        APP_LATER("CapsRetain", IN_RUN),
        APP_LATER("CapsRemove", IN_RUN),
        APP_LATER("Seccomp", IN_RUN),
        APP_LATER("NoNewPrivileges", IN_RUN),
        APP_LATER("SELinuxContext", IN_RUN),
        APP_LATER("AppArmorProfile", IN_RUN),
        APP_STRING("CPU", parse_quantity, cpu),
        APP_LATER("CPUShares", IN_RUN),
        APP_STRING("Memory", parse_quantity, memory),
        APP_LATER("OOMScoreAdjust", IN_RUN),
        APP_LATER("BlockBandwidth", IN_RUN),
        APP_LATER("BlockIOPS", IN_RUN),
        APP_LATER("Isolator", IN_RUN),
        APP_LATER("Label", IN_RUN),
        APP_LATER("Annotation", IN_RUN),
        APP_LATER("ACAnnotation", IN_RUN),
        APP_LATER("Stdin", IN_RUN),
        APP_LATER("Stdout", IN_RUN),
        APP_LATER("Stderr", IN_RUN),
        APP_LATER("Type", IN_RUN),
        APP_WHOLE("After", parse_after, reset_after),
        APP_LATER("Before", IN_RUN),
        APP_WHOLE("Requires", parse_requires, reset_requires),
        APP_LATER("Wants", IN_RUN),
        APP_LATER("BindsTo", IN_RUN),
        APP_LATER("PartOf", IN_RUN),
        APP_LATER("Init", IN_RUN),
        APP_STRING("Restart", parse_restart, restart),
        APP_STRING("RestartSec", parse_time_text, restart_sec),
        APP_LATER("StartLimitBurst", IN_RUN),
        APP_LATER("StartLimitIntervalSec", IN_RUN),
        APP_LATER("SuccessExitStatus", IN_RUN),
        APP_LATER("Schedule", IN_MORE),
        APP_LATER("SchedulePersistent", IN_MORE),
        APP_LATER("PreStart", IN_RUN),
        APP_LATER("PostStop", IN_RUN),
        APP_LATER("StopSignal", IN_RUN),
        APP_LATER("StopTimeoutSec", IN_RUN),
        APP_LATER("ReloadSignal", IN_RUN),
        APP_LATER("ReloadExec", IN_RUN),
        APP_LATER("HealthCmd", IN_MORE),
        APP_LATER("HealthInterval", IN_MORE),
        APP_LATER("HealthTimeout", IN_MORE),
        APP_LATER("HealthRetries", IN_MORE),
        APP_LATER("HealthStartPeriod", IN_MORE),
        APP_LATER("HealthOnFailure", IN_MORE),
        APP_LATER("WatchdogSec", IN_MORE),
        APP_LATER("Credential", IN_RUN),
        APP_LATER("SecretEnv", IN_RUN),
        APP_LATER("MetadataService", IN_NET),

        /* systemd's own, for the inner unit */
        APP_LATER("LimitCPU", IN_RUN),
        APP_LATER("LimitFSIZE", IN_RUN),
        APP_LATER("LimitDATA", IN_RUN),
        APP_LATER("LimitSTACK", IN_RUN),
        APP_LATER("LimitCORE", IN_RUN),
        APP_LATER("LimitRSS", IN_RUN),
        APP_LATER("LimitNOFILE", IN_RUN),
        APP_LATER("LimitAS", IN_RUN),
        APP_LATER("LimitNPROC", IN_RUN),
        APP_LATER("LimitMEMLOCK", IN_RUN),
        APP_LATER("LimitLOCKS", IN_RUN),
        APP_LATER("LimitSIGPENDING", IN_RUN),
        APP_LATER("LimitMSGQUEUE", IN_RUN),
        APP_LATER("LimitNICE", IN_RUN),
        APP_LATER("LimitRTPRIO", IN_RUN),
        APP_LATER("LimitRTTIME", IN_RUN),
        APP_LATER("Nice", IN_RUN),
        APP_LATER("UMask", IN_RUN),
        APP_LATER("CPUAffinity", IN_RUN),
        APP_LATER("AllowedCPUs", IN_RUN),
        APP_LATER("MemoryHigh", IN_RUN),
        APP_LATER("TasksMax", IN_RUN),
        APP_LATER("IOWeight", IN_RUN),
        APP_LATER("PrivateTmp", IN_RUN),
        APP_LATER("ProtectSystem", IN_RUN),
        APP_LATER("ProtectHome", IN_RUN),
        APP_LATER("ProtectHostname", IN_RUN),
        APP_LATER("ProtectClock", IN_RUN),
        APP_LATER("ProtectKernelTunables", IN_RUN),
        APP_LATER("ProtectKernelModules", IN_RUN),
        APP_LATER("ProtectKernelLogs", IN_RUN),
        APP_LATER("ProtectControlGroups", IN_RUN),
        APP_LATER("ProtectProc", IN_RUN),
        APP_LATER("RestrictAddressFamilies", IN_RUN),
        APP_LATER("RestrictFileSystems", IN_RUN),
        APP_LATER("RestrictNamespaces", IN_RUN),
        APP_LATER("RestrictNetworkInterfaces", IN_RUN),
        APP_LATER("RestrictRealtime", IN_RUN),
        APP_LATER("RestrictSUIDSGID", IN_RUN),
        APP_LATER("LockPersonality", IN_RUN),
        APP_LATER("SystemCallArchitectures", IN_RUN),
        APP_LATER("LogRateLimitIntervalSec", IN_RUN),
        APP_LATER("LogRateLimitBurst", IN_RUN),
        APP_LATER("LogLevelMax", IN_RUN),
        APP_LATER("OOMPolicy", IN_RUN),
};

/* How podman's Quadlet spells what we have under another name. */
static const struct {
        const char *theirs, *ours;
} quadlet_names[] = {
        { "PublishPort", "Port" },
        { "HostName", "Hostname" },
        { "AddHost", "HostsEntry" },
        { "Network", "Net" },
        { "ContainerName", "Name" },
        { "WorkingDir", "WorkingDirectory" },
        { "ReadOnly", "ReadonlyRootfs" },
        { "AddDevice", "Device" },
        { "StopTimeout", "StopTimeoutSec" },
        { "Pull", "PullPolicy" },
        { "Secret", "Credential" },
};

static const char *const section_names[_SECTION_MAX] = {
        [SECTION_UNIT] = "Unit",
        [SECTION_POD] = "Pod",
        [SECTION_APP] = "App",
        [SECTION_SERVICE] = "Service",
        [SECTION_INSTALL] = "Install",
};

const PodFileKey *podfile_key_at(size_t i) {
        return i < ELEMENTSOF(key_table) ? &key_table[i] : NULL;
}

const PodFileKey *podfile_key_find(PodFileSection section, const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(key_table); i++) {
                const PodFileKey *k = &key_table[i];

                if (k->section == section && k->name[0] == name[0] && streq(k->name, name))
                        return k;
        }
        return NULL;
}

static PodFileSection other_section(PodFileSection s) {
        return s == SECTION_POD ? SECTION_APP : SECTION_POD;
}

/* Whether candidate is near enough to name to be what was meant. */
static bool is_near(const char *name, const char *candidate, size_t *best) {
        size_t d = strcasecmp(name, candidate) == 0 ? 0 : string_distance(name, candidate);

        if (d >= *best || d > MAX((size_t) 1, strlen(candidate) / 3))
                return false;
        *best = d;
        return true;
}

static const char *nearest_key(PodFileSection section, const char *name) {
        const char *found = NULL;
        size_t best = SIZE_MAX;

        for (size_t i = 0; i < ELEMENTSOF(key_table); i++)
                if (key_table[i].section == section && is_near(name, key_table[i].name, &best))
                        found = key_table[i].name;
        return found;
}

char *podfile_key_hint(PodFileSection section, const char *name) {
        PodFileSection other = other_section(section);
        const char *near;

        for (size_t i = 0; i < ELEMENTSOF(quadlet_names); i++)
                if (streq(quadlet_names[i].theirs, name))
                        return xasprintf(
                                "; %s= is Quadlet's spelling, write %s= in [%s]", name, quadlet_names[i].ours,
                                section_names[podfile_key_find(section, quadlet_names[i].ours) ? section
                                                                                               : other]);
        if (podfile_key_find(other, name))
                return xasprintf("; %s= belongs in [%s]", name, section_names[other]);

        near = nearest_key(section, name);
        return near ? xasprintf("; did you mean \"%s=\"?", near) : strdup("");
}

PodFileSection podfile_section_from_name(const char *name) {
        if (startswith(name, "X-"))
                return SECTION_IGNORED;
        for (PodFileSection s = 0; s < _SECTION_MAX; s++)
                if (section_names[s] && streq(section_names[s], name))
                        return s;
        return SECTION_UNKNOWN;
}

const char *podfile_section_name(PodFileSection s) {
        return section_names[s];
}

char *podfile_section_hint(const char *name) {
        const char *found = NULL;
        size_t best = SIZE_MAX;

        if (streq(name, "Container"))
                return strdup("; Quadlet's [Container] is [App] here");

        for (PodFileSection s = 0; s < _SECTION_MAX; s++)
                if (section_names[s] && is_near(name, section_names[s], &best))
                        found = section_names[s];
        return found ? xasprintf("; did you mean [%s]?", found) : strdup("");
}
