export { default } from 'modules/resources/test-firmware/run';
