package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.kernel.Ids;
import io.outpost.worker.files.TreeLimits;
import io.outpost.worker.files.WorkspaceArchive;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An archive with an entry that cannot be made here is no dead letter: the rest is there, and the
 * loss is told.
 */
class WorkspaceRestoreTest {

  private static final TreeLimits LIMITS = new TreeLimits(1_000_000, 1000);

  @TempDir(factory = TestConfinement.Passable.class)
  Path jobs;

  private Slots slots;

  @BeforeEach
  void asSlotUser() throws IOException {
    slots = TestConfinement.slots(jobs, TestConfinement.slotUsers());
  }

  @AfterEach
  void giveBack() throws IOException {
    if (slots != null) {
      slots.close();
    }
  }

  @Test
  void aDeviceIsToldAndTheRestIsThere() throws Exception {
    for (String folder : List.of("./work/", "")) {
      byte[] tar = tar(folder.isEmpty() ? "" : "./deep/", folder);
      try (JobFiles files = slots.open(Ids.unguessable(), 0)) {
        assertThat(WorkspaceArchive.unpack(gzip(tar), files, 1000, LIMITS))
            .contains("No space left on device: Cannot mknod")
            .doesNotContain("failure status");
        assertThat(files.directory().work().resolve("file")).hasContent("kept");
        assertThat(files.directory().root()).isDirectoryContaining(path -> path.endsWith("work"));
      }
    }
  }

  @Test
  void anArchiveThatBreaksOffIsNotTakenForWhole() throws Exception {
    byte[] tar = tar("./deep/", "./work/");
    try (JobFiles files = slots.open(Ids.unguessable(), 0)) {
      assertThatThrownBy(
              () ->
                  WorkspaceArchive.unpack(
                      gzip(Arrays.copyOf(tar, tar.length - 1024 - 200)), files, 1000, LIMITS))
          .isInstanceOf(IOException.class);
    }
  }

  /** A device's name ends as a fault of the machine would; a file comes behind it. */
  private static byte[] tar(String deep, String folder) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    if (!deep.isEmpty()) {
      tar.write(header("./modes", '0', 0));
      tar.write(header("./moves", '0', 0));
      tar.write(header(deep, '5', 0));
      tar.write(header(folder, '5', 0));
    }
    tar.write(header(folder + "No space left on device", '3', 0));
    tar.write(header(folder + "file", '0', 4));
    tar.write(Arrays.copyOf("kept".getBytes(StandardCharsets.US_ASCII), 512));
    tar.write(new byte[1024]);
    return tar.toByteArray();
  }

  private static byte[] header(String name, char type, int size) {
    byte[] header = new byte[512];
    put(header, 0, name);
    put(header, 100, "0000700");
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, "%011o".formatted(size));
    put(header, 136, "00000000000");
    put(header, 148, "        ");
    header[156] = (byte) type;
    put(header, 257, "ustar\000");
    put(header, 329, "0000001");
    put(header, 337, "0000003");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    return header;
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  private static ByteArrayInputStream gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    }
    return new ByteArrayInputStream(packed.toByteArray());
  }
}
