export { default } from 'modules/device/test-firmware/run';
