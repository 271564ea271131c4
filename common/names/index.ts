/** How far two names are from each other, so that a wrong one can be told which was meant. */
export { editDistance } from './edit-distance';
