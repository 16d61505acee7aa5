/** Packing and unpacking what an agent leaves. */
package io.outpost.worker.files;
