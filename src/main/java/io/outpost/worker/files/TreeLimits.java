package io.outpost.worker.files;

/**
 * The limits of an archive.
 *
 * @param bytes the maximum size of all files together, not compressed
 * @param entries the maximum number of files, folders and links
 */
public record TreeLimits(long bytes, int entries) {}
