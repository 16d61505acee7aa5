package io.outpost.worker.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever an agent leaves, and whatever an archive says, nothing outside the workspace is read or
 * written.
 */
class P17ArchivesStayInTheirFolderTest {

  private static final TreeLimits LIMITS = new TreeLimits(1_000_000, 100);

  @TempDir Path directory;

  private Path work;
  private Path restored;
  private Path secret;

  @BeforeEach
  void folders() throws IOException {
    work = Files.createDirectory(directory.resolve("work"));
    restored = Files.createDirectory(directory.resolve("restored"));
    secret = Files.writeString(directory.resolve("secret"), "canary");
  }

  @Test
  void filesComeBackAsTheyWere() throws IOException {
    Path script =
        Files.writeString(
            Files.createDirectories(work.resolve("bin/sub")).resolve("run me.sh"), "echo");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-x---"));
    Files.setLastModifiedTime(script, FileTime.from(Instant.parse("2026-01-02T03:04:05Z")));
    Files.createSymbolicLink(work.resolve("link"), Path.of("bin/sub"));
    Files.createSymbolicLink(work.resolve("bin/up"), Path.of("../link"));
    Files.createDirectory(work.resolve("empty"));
    Files.writeString(work.resolve("n".repeat(200)), "long name");

    assertThat(archiveAndRestore()).isEqualTo("echo".length() + "long name".length());

    Path back = restored.resolve("bin/sub/run me.sh");
    assertThat(back).hasContent("echo");
    assertThat(Files.getPosixFilePermissions(back))
        .isEqualTo(Files.getPosixFilePermissions(script));
    assertThat(Files.getLastModifiedTime(back)).isEqualTo(Files.getLastModifiedTime(script));
    assertThat(Files.readSymbolicLink(restored.resolve("link"))).isEqualTo(Path.of("bin/sub"));
    assertThat(Files.readSymbolicLink(restored.resolve("bin/up"))).isEqualTo(Path.of("../link"));
    assertThat(restored.resolve("empty")).isEmptyDirectory();
    assertThat(restored.resolve("n".repeat(200))).hasContent("long name");
  }

  @Test
  void linksOutOfTheWorkspaceAreNotSavedAndNotFollowed() throws IOException {
    Files.createSymbolicLink(work.resolve("absolute"), secret);
    Files.createSymbolicLink(work.resolve("upwards"), Path.of("../secret"));
    Files.createSymbolicLink(
        Files.createDirectory(work.resolve("sub")).resolve("twice"), Path.of("../../secret"));
    Files.createSymbolicLink(work.resolve("folder"), directory);
    Files.writeString(work.resolve("kept"), "kept");

    archiveAndRestore();

    assertThat(restored.toFile().list()).containsExactlyInAnyOrder("sub", "kept");
    assertThat(restored.resolve("sub")).isEmptyDirectory();
  }

  @Test
  void aFileOfAnotherUserIsNotSavedThroughAHardLink() throws IOException {
    assumeTrue(
        System.getProperty("user.name").equals("root"),
        "SKIPPED: only root can give files to others");
    Files.writeString(work.resolve("own"), "own");
    Files.createLink(work.resolve("stolen"), secret);
    for (Path path : new Path[] {work, work.resolve("own")}) {
      Files.setAttribute(path, "unix:uid", 60_123, LinkOption.NOFOLLOW_LINKS);
    }
    archiveAndRestore();
    assertThat(restored.toFile().list()).containsExactly("own");
    Files.createDirectory(work.resolve("artifacts"));
    Files.setAttribute(work.resolve("artifacts"), "unix:uid", 60_123);
    Files.move(work.resolve("stolen"), work.resolve("artifacts/stolen"));
    assertThat(ArtifactTree.of(work.resolve("artifacts"), 10).files()).isEmpty();
  }

  @Test
  void pipesAndSetUserIdAreNotSaved() throws Exception {
    Path program = Files.writeString(work.resolve("program"), "x");
    new ProcessBuilder("chmod", "4755", program.toString()).start().waitFor();
    new ProcessBuilder("mkfifo", work.resolve("pipe").toString()).start().waitFor();
    archiveAndRestore();
    assertThat(restored.toFile().list()).containsExactly("program");
    assertThat((int) Files.getAttribute(restored.resolve("program"), "unix:mode") & 07777)
        .isEqualTo(0755);
  }

  @Test
  void aTreeOverItsLimitIsRefusedWithTheLimit() throws IOException {
    Files.write(work.resolve("large"), new byte[900_000]);
    assertThat(archiveAndRestore()).isEqualTo(900_000);
    Files.write(work.resolve("larger"), new byte[200_000]);
    assertThatThrownBy(this::archiveAndRestore)
        .isInstanceOf(TooLargeException.class)
        .hasMessageContaining("1000000 bytes in 100 files");
    Files.delete(work.resolve("larger"));
    for (int i = 0; i < 100; i++) {
      Files.createDirectory(work.resolve("folder" + i));
    }
    assertThatThrownBy(this::archiveAndRestore).isInstanceOf(TooLargeException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../escaped",
        "a/../../escaped",
        "/escaped",
        "./escaped",
        "a/./b",
        "..",
        "a//../../escaped"
      })
  void anEntryThatLeavesTheFolderIsRefused(String name) throws IOException {
    byte[] archive = archive(file(name, 7));
    assertThatThrownBy(() -> restore(archive))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(name);
    assertThat(directory.toFile().list()).containsExactlyInAnyOrder("work", "restored", "secret");
    assertThat(restored).isEmptyDirectory();
  }

  @Test
  void nothingIsWrittenThroughALinkOfTheArchive() throws IOException {
    byte[] through = archive(new TarArchiveEntry("real/"), link("link", "real"), file("link/x", 7));
    assertThatThrownBy(() -> restore(through)).hasMessageContaining("link/x");
    byte[] over = archive(link("onto", "real2"), file("onto", 7));
    assertThatThrownBy(() -> restore(over)).isInstanceOf(IOException.class);
    assertThat(restored.resolve("real")).isEmptyDirectory();
    assertThat(restored.resolve("real2")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/etc/passwd", "../secret", "a/../../secret"})
  void aLinkOutOfTheFolderIsRefused(String target) throws IOException {
    byte[] archive = archive(link("link", target));
    assertThatThrownBy(() -> restore(archive)).hasMessageContaining("leaves its folder: link");
    assertThat(restored).isEmptyDirectory();
  }

  @Test
  void kindsThatWeNeverWriteAreRefused() throws IOException {
    TarArchiveEntry hard = new TarArchiveEntry("hard", TarConstants.LF_LINK);
    hard.setLinkName("../secret");
    byte[] hardLink = archive(hard);
    assertThatThrownBy(() -> restore(hardLink)).hasMessageContaining("hard");
    byte[] device = archive(new TarArchiveEntry("device", TarConstants.LF_CHR));
    assertThatThrownBy(() -> restore(device)).hasMessageContaining("device");
    assertThat(restored).isEmptyDirectory();
  }

  @Test
  void anArchiveThatUnfoldsToMoreThanTheLimitIsRefused() throws IOException {
    byte[] small = archive(file("a", 600_000), file("b", 600_000));
    assertThat(small.length).isLessThan(10_000);
    assertThatThrownBy(() -> restore(small)).isInstanceOf(TooLargeException.class);
  }

  private long archiveAndRestore() throws IOException {
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    long size = ArchiveWriter.write(work, archive, LIMITS);
    restore(archive.toByteArray());
    return size;
  }

  private void restore(byte[] archive) throws IOException {
    ArchiveReader.read(new ByteArrayInputStream(archive), restored, LIMITS);
  }

  private static TarArchiveEntry file(String name, int size) {
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setSize(size);
    return entry;
  }

  private static TarArchiveEntry link(String name, String target) {
    TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
    entry.setLinkName(target);
    return entry;
  }

  private static byte[] archive(TarArchiveEntry... entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(new GZIPOutputStream(bytes), StandardCharsets.UTF_8.name())) {
      for (TarArchiveEntry entry : entries) {
        tar.putArchiveEntry(entry);
        tar.write(new byte[(int) entry.getSize()]);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }
}
