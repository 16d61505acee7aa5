package io.outpost.worker.files;

/**
 * The limits of an archive.
 *
 * @param bytes of all files together, not compressed
 * @param entries files, folders and links
 */
public record TreeLimits(long bytes, int entries) {}
