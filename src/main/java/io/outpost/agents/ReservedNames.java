package io.outpost.agents;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Environment variables that have a meaning for the platform, the system or a language's run time,
 * so that no agent may get a secret by their names.
 */
public final class ReservedNames {

  private static final List<String> BEGINNINGS =
      List.of(
          "OUTPOST_",
          "AWS_",
          "ECS_",
          "LD_",
          "DYLD_",
          "LC_",
          "BASH_",
          "XDG_",
          "SSH_",
          "GIT_CONFIG",
          "MALLOC_",
          "NPM_CONFIG_",
          "UV_",
          "PIP_",
          "PERL");

  private static final Set<String> NAMES =
      Set.of(
          "PATH",
          "HOME",
          "SHELL",
          "USER",
          "LOGNAME",
          "PWD",
          "OLDPWD",
          "MAIL",
          "TMPDIR",
          "TMP",
          "TEMP",
          "TERM",
          "LANG",
          "LANGUAGE",
          "TZ",
          "HOSTNAME",
          "IFS",
          "ENV",
          "PS1",
          "PS2",
          "PS4",
          "CDPATH",
          "SHLVL",
          "UID",
          "EUID",
          "PPID",
          "PROMPT_COMMAND",
          "SHELLOPTS",
          "BASHOPTS",
          "GLOBIGNORE",
          "GLIBC_TUNABLES",
          "GCONV_PATH",
          "LOCPATH",
          "NLSPATH",
          "HOSTALIASES",
          "RES_OPTIONS",
          "NODE_OPTIONS",
          "NODE_PATH",
          "NODE_EXTRA_CA_CERTS",
          "PYTHONPATH",
          "PYTHONHOME",
          "PYTHONSTARTUP",
          "PYTHONINSPECT",
          "RUBYLIB",
          "RUBYOPT",
          "CLASSPATH",
          "JAVA_TOOL_OPTIONS",
          "_JAVA_OPTIONS",
          "JDK_JAVA_OPTIONS",
          "JAVA_HOME",
          "GIT_EXEC_PATH",
          "GIT_SSH",
          "GIT_SSH_COMMAND",
          "GIT_ASKPASS",
          "GIT_PAGER",
          "GIT_EDITOR",
          "GIT_DIR",
          "GIT_WORK_TREE",
          "PAGER",
          "EDITOR",
          "VISUAL",
          "BROWSER",
          "TRACEPARENT",
          "TRACESTATE",
          "NOTIFY_SOCKET");

  private ReservedNames() {}

  /** Whether a name is reserved, in upper or lower case. */
  public static boolean contains(String name) {
    var upper = name.toUpperCase(Locale.ROOT);
    return NAMES.contains(upper) || BEGINNINGS.stream().anyMatch(upper::startsWith);
  }
}
