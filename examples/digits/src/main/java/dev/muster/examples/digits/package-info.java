/**
 * The example: handwritten digits, drawn by the example itself or read from MNIST, a network with
 * one hidden layer, and the trained model in use. {@link dev.muster.examples.digits.DigitsTrial} is
 * the trial that an experiment names as its entry point; {@link
 * dev.muster.examples.digits.Classify} is a program that loads what it trained.
 */
package dev.muster.examples.digits;
