/** What passes between an agent's files and the store: bounded streams, names as bytes. */
package io.outpost.worker.files;
