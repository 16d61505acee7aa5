package io.outpost.job;

/**
 * The stored archive of a run's workspace, before it becomes the workspace.
 *
 * @param key the archive's object
 * @param sha256 of the archive, in hex
 * @param sizeBytes the uncompressed size of the files
 */
public record SavedFiles(String key, String sha256, long sizeBytes) {}
