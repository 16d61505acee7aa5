package io.outpost.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * What a user needs to know when everything runs.
 *
 * @param chosen whether the user has set the key; then it is not printed
 */
record Welcome(String address, String adminKey, boolean chosen) {

  private static final String FILE = "outpost.env";

  /** The address, the operator's key, and a first job to paste. */
  String text() {
    return """

    Outpost is ready at %1$s (the API's page: %1$s/docs)
    Operator's key: %2$s

    A first job, to paste into another terminal:

      %3$s
      JSON='Content-Type: application/json'
      TENANT=$(curl -s $OUTPOST/tenants -H "Authorization: Bearer $ADMIN" -H "$JSON" \\
        -d '{"name":"Acme","email":"dev@acme.example"}' | sed 's/.*"tenant_id":"\\([^"]*\\)".*/\\1/')
      KEY=$(curl -s $OUTPOST/tenants/$TENANT/api-keys -H "Authorization: Bearer $ADMIN" -H "$JSON" \\
        -d '{"name":"first"}' | sed 's/.*"key":"\\([^"]*\\)".*/\\1/')
      JOB=$(curl -s $OUTPOST/jobs -H "Authorization: Bearer $KEY" -H "$JSON" \\
        -d '{"agent":"claude","command":"Say hello"}' | sed 's/.*"job_id":"\\([^"]*\\)".*/\\1/')
      curl -s "$OUTPOST/jobs/$JOB?wait=25" -H "Authorization: Bearer $KEY" -o /dev/null
      curl -s $OUTPOST/jobs/$JOB/output -H "Authorization: Bearer $KEY"

    Ctrl-C ends it.
    """
        .formatted(
            address,
            chosen ? "the one in OUTPOST_BOOTSTRAP_ADMIN_KEY" : adminKey,
            variables(chosen ? "$OUTPOST_BOOTSTRAP_ADMIN_KEY" : adminKey));
  }

  /**
   * Writes the variables for the README's commands to a file that only the owner can read, and that
   * is removed when this process ends. Does nothing when the folder does not exist.
   */
  void leaveIn(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    var file = folder.resolve(FILE);
    Files.deleteIfExists(file);
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      var owner = PosixFilePermissions.fromString("rw-------");
      Files.createFile(file, PosixFilePermissions.asFileAttribute(owner));
    }
    Files.writeString(file, variables(adminKey) + "\n");
    file.toFile().deleteOnExit();
  }

  private String variables(String key) {
    return "export OUTPOST=%s ADMIN=%s".formatted(address, key);
  }
}
