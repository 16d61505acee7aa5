package io.outpost.job;

/**
 * The archive of the files that a run leaves in its workspace. It becomes the workspace when the
 * job ends.
 *
 * @param key the archive's object
 * @param sha256 of the archive, in hex
 * @param sizeBytes the uncompressed size of the files
 */
public record SavedFiles(String key, String sha256, long sizeBytes) {}
