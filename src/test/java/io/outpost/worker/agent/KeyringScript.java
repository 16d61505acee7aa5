package io.outpost.worker.agent;

import java.util.List;

/** An agent that tries to leave a key in every keyring that outlives it. */
final class KeyringScript {

  private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");

  /** The agent's command; it uses call numbers, because a library may be missing. */
  static final List<String> PUT =
      List.of(
          "/usr/bin/perl",
          "-e",
          """
          my ($add, $request, $control, $x32) = (%s);
          my ($type, $name, $value) = ('user', 'outpost:can' . 'ary', 'can' . 'ary');
          sub told { print $_[0], $_[1] > 0 ? ' put' : ' refused', qq(\\n) }
          for my $ring (-4, -3, -5) {
            told($ring, syscall($add, $type, $name, $value, 6, $ring));
          }
          told('session', syscall($control, 1, 0));
          told('old calls', $x32 ? syscall($control | $x32, 0, -4, 1) : -1);
          """
              .formatted(ARM ? "217, 218, 219, 0" : "248, 249, 250, 0x40000000"));

  private KeyringScript() {}

  /** Whether a process outside of a slot can use keyrings here. */
  static boolean works() {
    return Tool.run(PUT).output().contains("-4 put");
  }
}
